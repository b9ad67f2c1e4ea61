/** What is promised of every network, and its proof. */
export * from './invariant.ts'
export * from './prove.ts'
