/**
 * The network in this process: machines, cables between them, and the frames under way, which arrive in the order in which they
 * were sent. Nothing is timed: the network is run until it is quiet.
 */
import { type Zone, zoneOf } from '../../dns/index.ts'
import { type LinkEnd, type Listener, type Network, type Node, routesOf } from '../../model/index.ts'
import type { ClientSocket } from './client-socket.ts'
import { answerTo } from './host-stack.ts'
import { PortableNode, type Surroundings } from './node.ts'
import type { Received } from './received.ts'
import { RouteTable } from './route-table.ts'

/** Packets that ended before they arrived. */
export interface Loss {
  readonly node: string
  /** `dropped by <point>`, `wrong checksum`, `no route`, … */
  readonly reason: string
  readonly packets: number
}

/** Frames after which a network that was sent one packet is taken never to become quiet. */
const maxFrames = 10_000

export class Simulator {
  readonly nodes: ReadonlyMap<string, PortableNode>
  /** What name servers answer. */
  zone: Zone
  readonly #listeners = new Map<string, readonly Listener[]>()
  readonly #peers = new Map<LinkEnd, LinkEnd>()
  readonly #flight: { readonly to: LinkEnd; readonly frame: Uint8Array }[] = []
  readonly #losses = new Map<string, { node: string; reason: string; packets: number }>()
  #client: { readonly node: string; readonly socket: ClientSocket } | undefined
  #lost: string[] = []

  constructor(network: Network) {
    this.zone = zoneOf(network)
    this.#setListeners(network)
    const routes = routesOf(network)
    const around: Surroundings = {
      transmit: (from, frame) => this.#transmit(from, frame),
      take: (node, received) => this.#take(node, received),
      lose: (node, reason) => this.#lose(node, reason),
    }
    this.nodes = new Map(
      network.nodes.map((node) => [
        node.id,
        new PortableNode(node, new RouteTable(node.id, routes.get(node.id) ?? []), around),
      ]),
    )
    for (const {
      ends: [a, b],
    } of network.links) {
      this.#peers.set(a, b).set(b, a)
      this.node(a.node).addPort(a, b)
      this.node(b.node).addPort(b, a)
    }
  }

  /** From now on the machines, which are the same, serve what this network says. */
  update(network: Network): void {
    this.zone = zoneOf(network)
    this.#setListeners(network)
  }

  /** Throws `TypeError` if there is no such node. */
  node(id: string): PortableNode {
    const node = this.nodes.get(id)
    if (!node) throw new TypeError(`find node ${id}: the network has none of this name; see its file`)
    return node
  }

  /**
   * Sends an IP packet from a node, where `socket` waits for what comes back, and runs until the network is quiet. Returns the
   * packets that were lost on the way, as `<reason> at <node>`. Throws what programs throw.
   */
  play(node: string, packet: Uint8Array, socket: ClientSocket): readonly string[] {
    this.#lost = []
    this.#client = { node, socket }
    try {
      this.node(node).originate(packet)
      this.#run()
    } finally {
      this.#flight.length = 0
      this.#client = undefined
    }
    return this.#lost
  }

  /** Since the start, by node and reason. */
  losses(): readonly Loss[] {
    return [...this.#losses.values()]
  }

  #run(): void {
    for (let at = 0; at < this.#flight.length; at++) {
      if (at === maxFrames)
        throw new Error(`run the network: ${maxFrames} frames and it is not quiet (a bug of Glacis)`)
      const { to, frame } = this.#flight[at]!
      this.node(to.node).receive(to.interface, frame)
    }
  }

  #transmit(from: LinkEnd, frame: Uint8Array): void {
    this.#flight.push({ to: this.#peers.get(from)!, frame })
  }

  #take(node: Node, received: Received): Uint8Array | undefined {
    if (this.#client?.node === node.id && this.#client.socket.hear(received)) return undefined
    return answerTo({ listeners: this.#listeners.get(node.id) ?? [], zone: this.zone }, received)
  }

  #setListeners({ nodes }: Network): void {
    for (const { id, listeners } of nodes) this.#listeners.set(id, listeners)
  }

  #lose({ id: node }: Node, reason: string): void {
    this.#lost.push(`${reason} at ${node}`)
    const key = `${node} ${reason}`
    const loss = this.#losses.get(key) ?? { node, reason, packets: 0 }
    this.#losses.set(key, { ...loss, packets: loss.packets + 1 })
  }
}
