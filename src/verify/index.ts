/** What can be said of all packets at once. */
export * from './box.ts'
export * from './invariants/index.ts'
export * from './lists/index.ts'
export * from './shadow.ts'
