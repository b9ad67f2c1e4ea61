/** What answers inside the lab: the listeners of every node, on sockets made in its namespace and served by this process. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { NameServer, udpEndpoint, zoneOf } from '../../../dns/index.ts'
import { bindUdp, listenTcp } from '../../../kernel/index.ts'
import type { Listener, Network } from '../../../model/index.ts'
import { ip } from '../../../net/index.ts'
import type { KernelNode } from '../node.ts'
import { echoDatagrams, echoStream } from './echo.ts'
import { WebServer } from './web-server.ts'

/** Both families on every address of the node. */
const anyAddress = { address: ip('::'), v6only: false }
/** Milliseconds after which a connection on which nothing happens is cut. */
const idleTimeout = 60_000

export class Workloads {
  readonly #web: WebServer
  readonly #names: NameServer
  readonly #servers: Server[] = []
  readonly #connections = new Set<Socket>()
  readonly #datagramClosers: Array<() => void> = []

  constructor(network: Network) {
    this.#web = new WebServer(network)
    this.#names = new NameServer(zoneOf(network))
  }

  /** When this has resolved, the node's listeners take connections and datagrams. */
  async start({ node, namespace }: KernelNode): Promise<void> {
    for (const { protocol, port, application } of node.listeners) {
      const local = { ...anyAddress, port }
      if (protocol === 'tcp') await this.#serveTcp(listenTcp(namespace, local), application)
      else await this.#serveUdp(bindUdp(namespace, local), application)
    }
  }

  async close(): Promise<void> {
    for (const close of this.#datagramClosers.splice(0)) close()
    const closed = this.#servers
      .splice(0)
      .map((server) => new Promise((resolve) => void server.close(resolve)))
    for (const connection of this.#connections) connection.destroy()
    await Promise.all([...closed, this.#names.close()])
  }

  async #serveTcp(fd: number, application: Listener['application']): Promise<void> {
    if (application === 'dns') return void (await this.#names.serveTcp({ fd }))
    const serve: (socket: Socket) => void =
      application === 'http'
        ? (socket) => this.#web.serve(socket)
        : application === 'https'
          ? (socket) => this.#web.serveTls(socket)
          : echoStream
    const server = createServer((socket) => {
      this.#connections.add(socket)
      socket.on('close', () => this.#connections.delete(socket))
      // Probes end with a reset as soon as they are connected.
      socket.on('error', () => socket.destroy())
      socket.setTimeout(idleTimeout, () => socket.destroy())
      serve(socket)
    })
    this.#servers.push(server)
    server.listen({ fd })
    await once(server, 'listening')
    // A connection that fails to be accepted concerns its client alone.
    server.on('error', () => undefined)
  }

  async #serveUdp(fd: number, application: Listener['application']): Promise<void> {
    if (application === 'dns') this.#names.serveUdp(await udpEndpoint('udp6', { fd }))
    else this.#datagramClosers.push(await echoDatagrams(fd))
  }
}
