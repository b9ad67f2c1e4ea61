/** A network ready to be walked: its policy, forwarding tables and cables, looked up by node. */
import { ForwardingTable, type Network, type Node, nodeById, type Route, routesOf } from '../model/index.ts'
import type { Ip } from '../net/index.ts'
import { EgressTable, FlowTable, type Point, type PointState, type Policy } from '../policy/index.ts'
import type { Judgement } from './walk.ts'

export interface World {
  readonly network: Network
  readonly policy: Policy
  node(id: string): Node
  /** The other end of the cable in an interface. */
  peer(node: string, iface: string): { readonly node: string; readonly interface: string }
  /** All routes of a node. */
  routes(node: string): readonly Route[]
  /** Longest matching route of a node. */
  route(node: string, destination: Ip): Route | undefined
}

export function createWorld(network: Network, policy: Policy): World {
  const peers = new Map<string, { node: string; interface: string }>()
  for (const { ends } of network.links) {
    peers.set(`${ends[0].node} ${ends[0].interface}`, ends[1])
    peers.set(`${ends[1].node} ${ends[1].interface}`, ends[0])
  }
  const routes = routesOf(network)
  const tables = new Map<string, ForwardingTable>()
  return {
    network,
    policy,
    node: (id) => found(nodeById(network, id), `node ${id}`),
    peer: (node, iface) => found(peers.get(`${node} ${iface}`), `interface ${iface} of ${node}`),
    routes: (node) => routes.get(node) ?? [],
    route(node, destination) {
      let table = tables.get(node)
      if (!table) {
        table = new ForwardingTable(routes.get(node) ?? [])
        tables.set(node, table)
      }
      return table.lookup(destination)
    },
  }
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new TypeError(`walk the network: it has no ${what}`)
  return value
}

/** What the network's points remember. A fresh one knows no flow. */
export class WorldState {
  readonly #flows = new Map<string, FlowTable>()
  readonly #egress = new Map<string, EgressTable>()
  /** What points have said to all packets so far, on ways too that end where they meet another one. */
  readonly judged: Judgement[] = []
  /** Nanoseconds of a steady clock. */
  now = 0n

  of(point: Point): PointState {
    const egress = table(this.#egress, point.node, () => new EgressTable())
    if (!point.flow) return { egress, now: this.now }
    return {
      egress,
      now: this.now,
      flows: table(this.#flows, point.flow.table, () => new FlowTable(point.flow?.quota)),
    }
  }
}

function table<T>(tables: Map<string, T>, key: string, make: () => T): T {
  let value = tables.get(key)
  if (value === undefined) {
    value = make()
    tables.set(key, value)
  }
  return value
}
