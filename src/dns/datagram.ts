/** Where a name server gets datagrams from: a UDP socket, or the ends of a network that lives in the process. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

export interface Peer {
  /** As the socket gives it; a link-local one with its zone. */
  readonly address: string
  readonly port: number
}

export interface DatagramEndpoint {
  /** Sets who is told of each datagram from now on. */
  receive(handler: (message: Uint8Array, from: Peer) => void): void
  /** Sends, or loses: like the network itself, it does not say which. */
  send(message: Uint8Array, to: Peer): void
  close(): void
}

/** A socket that is bound already, made wherever it has to be; it is owned by the endpoint from now on. */
export interface BoundSocket {
  readonly fd: number
}

/** Binds as told, or takes over a descriptor. Rejects with the system's error, e.g. `EADDRINUSE`. */
export async function udpEndpoint(
  type: 'udp4' | 'udp6',
  where: BoundSocket | Peer,
): Promise<DatagramEndpoint & { readonly local: Peer }> {
  const socket = createSocket({ type, ipv6Only: type === 'udp6' })
  // A descriptor is listening at once, before one could wait for it.
  const listening = once(socket, 'listening')
  socket.bind('fd' in where ? { fd: where.fd } : where)
  await listening
  // ICMP errors about earlier replies come up here; there is nobody to tell.
  socket.on('error', () => undefined)
  return {
    local: socket.address(),
    receive: (handler) => void socket.removeAllListeners('message').on('message', handler),
    // Port 0 is a source that nobody can answer (RFC 768); Node throws on it.
    send: (message, to) => void (to.port > 0 && socket.send(message, to.port, to.address, () => undefined)),
    close: () => void socket.close(),
  }
}
