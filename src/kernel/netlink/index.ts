/** rtnetlink: links, addresses, routes and neighbours of a namespace, in batches. */
export * from './address.ts'
export * from './connections.ts'
export * from './filter.ts'
export * from './link.ts'
export type { NetlinkRequest } from './message.ts'
export * from './neighbour.ts'
export * from './route.ts'
export * from './socket.ts'
