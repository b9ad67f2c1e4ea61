/** What can be said of all packets at once. */
export * from './atoms/index.ts'
export * from './change/index.ts'
export * from './invariants/index.ts'
export * from './lint/index.ts'
export * from './lists/index.ts'
export { type Forwarding, Loops, NetworkReach, type Place, routing, type Terrain } from './network/index.ts'
export { PacketSets } from './packets/index.ts'
export { PointDecisions } from './points/index.ts'
