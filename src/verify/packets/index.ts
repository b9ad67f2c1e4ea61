/** Sets of packets, and what can be asked of them. */
export { merged } from './addresses.ts'
export * from './levels.ts'
export * from './once.ts'
export * from './one-packet.ts'
export * from './openings.ts'
export * from './packet-sets.ts'
export * from './quotes.ts'
export * from './typical.ts'
