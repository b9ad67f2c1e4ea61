/** A network ready to be walked: its policy, forwarding tables and cables, looked up by node. */
import {
  ForwardingTable,
  type Network,
  type Node,
  neighbourBy,
  nodeById,
  type Route,
  routesAt,
} from '../model/index.ts'
import type { Ip } from '../net/index.ts'
import {
  EgressTable,
  FlowTable,
  type GrantedPath,
  GrantTable,
  type Point,
  type PointState,
  type Policy,
} from '../policy/index.ts'
import type { Judgement } from './walk.ts'

export interface World {
  readonly network: Network
  readonly policy: Policy
  /** Grants in force, by the node to which they open a way; absent: none. */
  readonly grants?: GrantsOfNodes
  node(id: string): Node
  /** The other end of the cable in an interface. */
  peer(node: string, iface: string): { readonly node: string; readonly interface: string }
  /** All routes of a node. */
  routes(node: string): readonly Route[]
  /** Longest matching route of a node. */
  route(node: string, destination: Ip): Route | undefined
}

export type GrantsOfNodes = ReadonlyMap<string, readonly GrantedPath[]>

/** @param grants in force, and for as long as is asked about the world; absent: none */
export function createWorld(network: Network, policy: Policy, grants?: GrantsOfNodes): World {
  const routes = new Map<string, readonly Route[]>()
  const routesTo = (id: string): readonly Route[] => {
    const known = routes.get(id)
    if (known) return known
    const node = nodeById(network, id)
    const made = node ? routesAt(network, node) : []
    routes.set(id, made)
    return made
  }
  const tables = new Map<string, ForwardingTable>()
  return {
    network,
    policy,
    ...(grants && { grants }),
    node: (id) => found(nodeById(network, id), `node ${id}`),
    peer: (node, iface) => found(neighbourBy(network, node, iface)?.far, `interface ${iface} of ${node}`),
    routes: routesTo,
    route(node, destination) {
      let table = tables.get(node)
      if (!table) {
        table = new ForwardingTable(routesTo(node))
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
  readonly #grants: ReadonlyMap<string, GrantTable>
  /** What points have said to all packets so far, on ways too that end where they meet another one. */
  readonly judged: Judgement[] = []
  /** Nanoseconds of a steady clock. */
  now = 0n

  constructor({ grants = new Map() }: Pick<World, 'grants'> = {}) {
    this.#grants = new Map(Array.from(grants, ([node, paths]) => [node, tableOf(paths)]))
  }

  of(point: Point): PointState {
    const egress = table(this.#egress, point.node, () => new EgressTable())
    const grants = this.#grants.get(point.node)
    const common = { egress, now: this.now, ...(grants && { grants }) }
    if (!point.flow) return common
    return {
      ...common,
      flows: table(this.#flows, point.flow.table, () => new FlowTable(point.flow?.quota)),
    }
  }
}

function tableOf(paths: readonly GrantedPath[]): GrantTable {
  const grants = new GrantTable()
  for (const path of paths) grants.put(path, { until: never, number: 0 })
  return grants
}

/** Nanoseconds: after anything that is asked about. */
const never = (1n << 64n) - 1n

function table<T>(tables: Map<string, T>, key: string, make: () => T): T {
  let value = tables.get(key)
  if (value === undefined) {
    value = make()
    tables.set(key, value)
  }
  return value
}
