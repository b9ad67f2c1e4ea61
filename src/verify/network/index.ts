/** Sets of packets through a whole network. */
export * from './forwarding.ts'
export * from './loops.ts'
export * from './reach.ts'
export * from './terrain.ts'
