/** What packets go through, as reachability wants to know it: of a network that is modelled here, or of any other. */
import { forwards, type NextHop, type Node, type NodeKind, type Route } from '../../model/index.ts'
import { type Point, pointsAt } from '../../policy/index.ts'
import type { World } from '../../trace/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { PacketSets } from '../packets/index.ts'
import { type Forwarding, forwardingAfter, forwardingOf } from './forwarding.ts'

/** An interface of a node. */
export interface Place {
  readonly node: string
  readonly interface: string
}

/** Ids of machines at which nobody looks, since others stand for them. */
export type Unwatched = Pick<ReadonlySet<string>, 'has' | 'size'>

/** Who is looked at. */
export interface Watching {
  /** All are. */
  readonly isWhole: boolean
  /** Ids of those that are. */
  readonly nodes: readonly string[]
}

export interface Terrain extends Watching {
  /** Whether a node passes on what is not for it. */
  forwards(node: string): boolean
  /** How high a node stands, from 0 on: most packets go up for a while and then down. Says nothing of where anything gets to, but of what is best looked at first. */
  level(node: string): number
  forwarding(node: string): Forwarding
  /** Enforcement points of an interface, in the order in which a packet meets them. */
  points(place: Place, direction: Point['direction']): readonly Point[]
  /** Interfaces that get what leaves by one. None: nobody does that is looked at. */
  peers(place: Place): readonly Place[]
}

/** Stands for all interfaces of a node that lead to what is not looked at; no interface has such a name. */
const aside = '(others)'

export interface TerrainOptions {
  /** Absent: all are looked at. */
  readonly unwatched?: Unwatched
  /** Nodes that are looked at, if that is known. */
  readonly watched?: () => readonly Node[]
  /** Forwarding that is known of a world with the same routes; what is found is added. */
  readonly tables?: Map<string, Forwarding>
  /** What was known before something changed, of a node that is not in `tables`. */
  readonly before?: (node: string) => ForwardingBefore | undefined
}

/** A forwarding table as it was, and what is otherwise. */
export interface ForwardingBefore {
  readonly table: Forwarding
  /** What may be led otherwise now, as a set of destinations. */
  readonly destinations: DiagramSet
  /** Whether a route of the node holds some of these. */
  holds(route: Route): boolean
}

/** The network of a world. */
export function terrainOf(
  sets: PacketSets,
  world: World,
  { unwatched = new Set(), tables = new Map(), ...options }: TerrainOptions = {},
): Terrain {
  const watches = (node: string) => !unwatched.has(node)
  const isAside = (node: string, { interface: name }: NextHop) => !watches(world.peer(node, name).node)
  /** To be one set, however many interfaces lead aside. */
  const gathered = (node: string, route: Route): Route =>
    unwatched.size > 0 && route.nextHops.some((hop) => isAside(node, hop))
      ? {
          ...route,
          nextHops: route.nextHops.map((hop) => (isAside(node, hop) ? { ...hop, interface: aside } : hop)),
        }
      : route
  const made = (node: string): Forwarding => {
    const before = options.before?.(node)
    if (before?.destinations === sets.none) return before.table
    const routes = world.routes(node)
    const all = (some: readonly Route[]) => some.map((route) => gathered(node, route))
    if (!before) return forwardingOf(sets, world.node(node), all(routes))
    const { table, destinations } = before
    return forwardingAfter(sets, table, destinations, all(routes.filter((route) => before.holds(route))))
  }
  let nodes: readonly string[] | undefined
  return {
    get nodes() {
      const watched = () => options.watched?.() ?? world.network.nodes.filter(({ id }) => watches(id))
      nodes ??= watched().map(({ id }) => id)
      return nodes
    },
    isWhole: unwatched.size === 0,
    forwards: (node) => forwards(world.node(node)),
    level: (node) => rows.indexOf(world.node(node).kind) + 1,
    forwarding(node) {
      const table = tables.get(node) ?? made(node)
      tables.set(node, table)
      return table
    },
    points: ({ node, interface: iface }, direction) => pointsAt(world.policy, node, iface, direction),
    peers: ({ node, interface: iface }) => (iface === aside ? [] : [world.peer(node, iface)]),
  }
}

/** Machines stand at the bottom. */
const rows: readonly NodeKind[] = [
  'host',
  'distribution-router',
  'balancer',
  'access-router',
  'isp',
  'internet',
]
