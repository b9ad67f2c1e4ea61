/** A network ready to be walked: its policy, forwarding tables and cables, looked up by node. */
import { type Network, type Node, type Route, routesOf } from '../model/index.ts'
import { familyBits, type Ip, prefixMask } from '../net/index.ts'
import { EgressTable, FlowTable, type Point, type PointState, type Policy } from '../policy/index.ts'

export interface World {
  readonly network: Network
  readonly policy: Policy
  node(id: string): Node
  /** The other end of the cable in an interface. */
  peer(node: string, iface: string): { readonly node: string; readonly interface: string }
  /** Longest matching route of a node. */
  route(node: string, destination: Ip): Route | undefined
}

export function createWorld(network: Network, policy: Policy): World {
  const nodes = new Map(network.nodes.map((node) => [node.id, node]))
  const peers = new Map<string, { node: string; interface: string }>()
  for (const { ends } of network.links) {
    peers.set(`${ends[0].node} ${ends[0].interface}`, ends[1])
    peers.set(`${ends[1].node} ${ends[1].interface}`, ends[0])
  }
  const routes = routesOf(network)
  const tables = new Map<string, RouteTable>()
  return {
    network,
    policy,
    node: (id) => found(nodes.get(id), `node ${id}`),
    peer: (node, iface) => found(peers.get(`${node} ${iface}`), `interface ${iface} of ${node}`),
    route(node, destination) {
      let table = tables.get(node)
      if (!table) {
        table = new RouteTable(routes.get(node) ?? [])
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

/** Longest-prefix match by one hash table per prefix length. */
class RouteTable {
  readonly #lengths: Readonly<Record<4 | 6, { length: number; routes: Map<bigint, Route> }[]>> = {
    4: [],
    6: [],
  }

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const lengths = this.#lengths[route.prefix.family]
      let entry = lengths.find(({ length }) => length === route.prefix.length)
      if (!entry) {
        entry = { length: route.prefix.length, routes: new Map() }
        lengths.push(entry)
        lengths.sort((a, b) => b.length - a.length)
      }
      entry.routes.set(route.prefix.value, route)
    }
  }

  lookup({ family, value }: Ip): Route | undefined {
    for (const { length, routes } of this.#lengths[family]) {
      const route = routes.get(length === familyBits(family) ? value : value & prefixMask(family, length))
      if (route) return route
    }
    return undefined
  }
}

/** What the network's points remember. A fresh one knows no flow. */
export class WorldState {
  readonly #flows = new Map<string, FlowTable>()
  readonly #egress = new Map<string, EgressTable>()
  /** Nanoseconds of a steady clock. */
  now = 0n

  of(point: Point): PointState {
    const egress = table(this.#egress, point.node, () => new EgressTable())
    if (!point.flow) return { egress, now: this.now }
    return { egress, now: this.now, flows: table(this.#flows, point.flow.table, () => new FlowTable()) }
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
