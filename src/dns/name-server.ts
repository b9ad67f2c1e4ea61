/** An authoritative name server on sockets that others made: the zone's answers over UDP and TCP. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import { answer } from './answer.ts'
import { type ConnectionLimits, Connections } from './connections.ts'
import type { DatagramEndpoint } from './datagram.ts'
import { frameMessage, MessageReader } from './stream.ts'
import type { Zone } from './zone.ts'

/** Per listening socket. */
const standardLimits: ConnectionLimits = { total: 128, perSource: 16, idle: 10_000 }
/** Bytes of answers that a client may leave unread before its queries are read no further. */
const maxUnread = 0x40000

export class NameServer {
  /** May be replaced at any time: each query is answered from the zone of that moment. */
  zone: Zone
  readonly #servers: Server[] = []
  readonly #endpoints: DatagramEndpoint[] = []
  readonly #connections: Connections[] = []
  readonly #limits: ConnectionLimits

  constructor(zone: Zone, limits: Partial<ConnectionLimits> = {}) {
    this.zone = zone
    this.#limits = { ...standardLimits, ...limits }
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
    const connections = new Connections(this.#limits)
    const server = createServer((socket) => this.#converse(socket, connections))
    this.#connections.push(connections)
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
    for (const connections of this.#connections.splice(0)) connections.endAll()
    await Promise.all(this.#servers.splice(0).map((server) => new Promise((closed) => server.close(closed))))
  }

  #converse(socket: Socket, connections: Connections): void {
    const reader = new MessageReader()
    socket.on('error', () => socket.destroy())
    if (!connections.admit(socket)) return
    socket.on('drain', () => socket.resume())
    socket.on('data', (chunk) => {
      for (const query of reader.push(chunk)) {
        const response = answer(this.zone, query, 'tcp')
        if (!response) return void socket.destroy()
        connections.used(socket)
        socket.write(frameMessage(response))
      }
      if (socket.writableLength > maxUnread) socket.pause()
    })
  }
}
