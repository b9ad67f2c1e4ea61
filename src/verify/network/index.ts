/** Sets of packets through a whole network. */
export * from './forwarding.ts'
export * from './reach.ts'
