/** Machines that are alike, and those that stand for them. */
export * from './alike.ts'
