/** What can be said of all packets at once. */
export * from './box.ts'
export * from './shadow.ts'
