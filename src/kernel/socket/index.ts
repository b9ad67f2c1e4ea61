/** Sockets inside namespaces: listening ones, probes, whole frames, and the poller that watches them. */
export type { SocketAddress } from './address.ts'
export { bindUdp, type LocalAddress, listenTcp, type SocketKind } from './open.ts'
export * from './packet.ts'
export * from './poller.ts'
export * from './probe.ts'
