/** What answers inside the lab: the listeners of every node, on sockets made in its namespace and served by this process. */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { HostAgents, HttpFront } from '../../../agent/index.ts'
import type { Authority } from '../../../control/index.ts'
import { NameServer, udpEndpoint, zoneOf } from '../../../dns/index.ts'
import { bindUdp, listenTcp, type Namespace } from '../../../kernel/index.ts'
import type { Listener, Network } from '../../../model/index.ts'
import { ip } from '../../../net/index.ts'
import type { KernelNode } from '../node.ts'
import { echoDatagrams, echoStream } from './echo.ts'
import { MutualTlsServer } from './mutual-tls-server.ts'
import { WebServer } from './web-server.ts'

/** Both families on every address of the node. */
const anyAddress = { address: ip('::'), v6only: false }
/** Milliseconds after which a connection on which nothing happens is cut. */
const idleTimeout = 60_000

export class Workloads {
  readonly #web: WebServer
  readonly #names: NameServer
  /** Of all hosts. */
  readonly hostAgents: HostAgents
  readonly #front: HttpFront
  readonly #mutualTls: MutualTlsServer
  readonly #connections = new Set<Socket>()
  /** What ends each listener, by {@link keyOf}. */
  readonly #closers = new Map<string, Closer>()

  constructor(network: Network) {
    this.#web = new WebServer(network)
    this.#names = new NameServer(zoneOf(network))
    this.hostAgents = new HostAgents(network)
    this.#front = new HttpFront(this.hostAgents)
    this.#mutualTls = new MutualTlsServer(network, (socket, { id, kind }, peer) =>
      // The agent of a host says how its VMs are.
      this.#web.serve(socket, () => ({
        peer: peer.id,
        ...(kind === 'host' && { vms: this.hostAgents.status(id) }),
      })),
    )
  }

  /** When this has resolved, the node's listeners take connections and datagrams. */
  async start({ node, namespace }: KernelNode): Promise<void> {
    for (const listener of node.listeners) await this.#listen(node.id, namespace, listener)
  }

  /** From now on what the network says listens, on the same nodes. Connections that are open go on. */
  async update(network: Network, nodes: readonly KernelNode[]): Promise<void> {
    this.#web.network = network
    this.#names.zone = zoneOf(network)
    this.hostAgents.apply(network)
    this.#mutualTls.network = network
    const wanted = new Set(network.nodes.flatMap(({ id, listeners }) => listeners.map((l) => keyOf(id, l))))
    for (const [key, close] of this.#closers) {
      if (wanted.has(key)) continue
      this.#closers.delete(key)
      // It takes nothing new from now on; that it is gone when its last connection is, nobody has to wait for.
      void close()
    }
    const namespaces = new Map(nodes.map(({ node, namespace }) => [node.id, namespace]))
    for (const { id, listeners } of network.nodes)
      for (const listener of listeners)
        if (!this.#closers.has(keyOf(id, listener)))
          await this.#listen(id, namespaces.get(id) as Namespace, listener)
  }

  /** The platform's certificate authority. */
  authority(): Promise<Authority> {
    return this.#mutualTls.authority()
  }

  async close(): Promise<void> {
    const closed = Array.from(this.#closers.values(), (close) => close())
    this.#closers.clear()
    for (const connection of this.#connections) connection.destroy()
    await Promise.all([...closed, this.#names.close()])
  }

  async #listen(node: string, namespace: Namespace, listener: Listener): Promise<void> {
    const { protocol, port, application, addresses } = listener
    const closers: Closer[] = []
    for (const local of addresses?.map((address) => ({ address })) ?? [anyAddress])
      closers.push(
        protocol === 'tcp'
          ? await this.#serveTcp(listenTcp(namespace, { ...local, port }), application, node)
          : await this.#serveUdp(bindUdp(namespace, { ...local, port }), application),
      )
    this.#closers.set(keyOf(node, listener), () => Promise.all(closers.map((close) => close())))
  }

  async #serveTcp(fd: number, application: Listener['application'], node: string): Promise<Closer> {
    if (application === 'dns') {
      await this.#names.serveTcp({ fd })
      return ofNameServer
    }
    const serve = this.#serverOf(application, node)
    const server = createServer((socket) => {
      this.#connections.add(socket)
      socket.on('close', () => this.#connections.delete(socket))
      // Probes end with a reset as soon as they are connected.
      socket.on('error', () => socket.destroy())
      socket.setTimeout(idleTimeout, () => socket.destroy())
      serve(socket)
    })
    server.listen({ fd })
    await once(server, 'listening')
    // A connection that fails to be accepted concerns its client alone.
    server.on('error', () => undefined)
    return () => new Promise((resolve) => void server.close(resolve))
  }

  #serverOf(application: Listener['application'], node: string): (socket: Socket) => void {
    switch (application) {
      case 'http':
        return (socket) => this.#web.serve(socket)
      case 'https':
        return (socket) => this.#web.serveTls(socket)
      case 'mutual-tls':
        return (socket) => this.#mutualTls.serve(socket, node)
      case 'wire-server':
      case 'vm-settings':
      case 'instance-metadata':
        return (socket) => this.#front.serve(socket, node, application)
      default:
        return echoStream
    }
  }

  async #serveUdp(fd: number, application: Listener['application']): Promise<Closer> {
    if (application !== 'dns') return echoDatagrams(fd)
    this.#names.serveUdp(await udpEndpoint('udp6', { fd }))
    return ofNameServer
  }
}

type Closer = () => unknown

/** The name server closes its own sockets, all together. */
const ofNameServer: Closer = () => undefined

const keyOf = (node: string, { protocol, port, application }: Listener): string =>
  `${node} ${protocol} ${port} ${application}`
