/** An authoritative name server on sockets that others made: the zone's answers over UDP and TCP. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import { answer } from './answer.ts'
import type { DatagramEndpoint } from './datagram.ts'
import { frameMessage, MessageReader } from './stream.ts'
import type { Zone } from './zone.ts'

/** Connections at once per listening socket; further ones are closed (RFC 7766 section 6.2.2 leaves the number to us). */
const maxConnections = 128
/** Milliseconds after which a silent connection is closed (RFC 7766 section 6.2.3: a few seconds). */
const idleTimeout = 10_000
/** Bytes of answers that a client may leave unread before its queries are read no further. */
const maxUnread = 0x40000

export class NameServer {
  /** May be replaced at any time: each query is answered from the zone of that moment. */
  zone: Zone
  readonly #servers: Server[] = []
  readonly #endpoints: DatagramEndpoint[] = []
  readonly #connections = new Set<Socket>()

  constructor(zone: Zone) {
    this.zone = zone
  }

  serveUdp(endpoint: DatagramEndpoint): void {
    this.#endpoints.push(endpoint)
    endpoint.receive((query, from) => {
      const response = answer(this.zone, query, 'udp')
      if (response) endpoint.send(response, from)
    })
  }

  /** For instance `{ fd }` of a listening socket, which the server then owns. Rejects with the system's error. */
  async serveTcp(where: ListenOptions & { readonly fd?: number }): Promise<AddressInfo> {
    const server = createServer((socket) => this.#converse(socket))
    server.maxConnections = maxConnections
    this.#servers.push(server)
    server.listen(where)
    await once(server, 'listening')
    // A connection that fails to be accepted concerns its client alone.
    server.on('error', () => undefined)
    return server.address() as AddressInfo
  }

  /** Closes all sockets and cuts open connections. */
  async close(): Promise<void> {
    for (const endpoint of this.#endpoints.splice(0)) endpoint.close()
    for (const connection of this.#connections) connection.destroy()
    await Promise.all(this.#servers.splice(0).map((server) => new Promise((closed) => server.close(closed))))
  }

  #converse(socket: Socket): void {
    const reader = new MessageReader()
    this.#connections.add(socket)
    socket.setTimeout(idleTimeout, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#connections.delete(socket))
    socket.on('drain', () => socket.resume())
    socket.on('data', (chunk) => {
      for (const query of reader.push(chunk)) {
        const response = answer(this.zone, query, 'tcp')
        if (!response) return void socket.destroy()
        socket.write(frameMessage(response))
      }
      if (socket.writableLength > maxUnread) socket.pause()
    })
  }
}
