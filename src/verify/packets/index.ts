/** Sets of packets, and what can be asked of them. */
export * from './levels.ts'
export * from './openings.ts'
export * from './packet-sets.ts'
export * from './typical.ts'
