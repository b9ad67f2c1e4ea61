/** Sets of packets through a whole network. */
export * from './agreement.ts'
export * from './ends.ts'
export * from './forwarding.ts'
export * from './loops.ts'
export { Passages } from './passage.ts'
export * from './reach.ts'
export * from './sendable.ts'
export * from './terrain.ts'
