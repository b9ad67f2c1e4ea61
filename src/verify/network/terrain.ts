/** What packets go through, as reachability wants to know it: of a network that is modelled here, or of any other. */
import { forwards } from '../../model/index.ts'
import { type Point, pointsAt } from '../../policy/index.ts'
import type { World } from '../../trace/index.ts'
import type { PacketSets } from '../packets/index.ts'
import { type Forwarding, forwardingOf } from './forwarding.ts'

/** An interface of a node. */
export interface Place {
  readonly node: string
  readonly interface: string
}

export interface Terrain {
  /** Ids. */
  readonly nodes: readonly string[]
  /** Whether a node passes on what is not for it. */
  forwards(node: string): boolean
  forwarding(node: string): Forwarding
  /** Enforcement points of an interface, in the order in which a packet meets them. */
  points(place: Place, direction: Point['direction']): readonly Point[]
  /** Interfaces that get what leaves by one. None: nobody does that is looked at. */
  peers(place: Place): readonly Place[]
}

/** The network of a world. */
export function terrainOf(sets: PacketSets, world: World): Terrain {
  const tables = new Map<string, Forwarding>()
  return {
    nodes: world.network.nodes.map(({ id }) => id),
    forwards: (node) => forwards(world.node(node)),
    forwarding(node) {
      const table = tables.get(node) ?? forwardingOf(sets, world.node(node), world.routes(node))
      tables.set(node, table)
      return table
    },
    points: ({ node, interface: iface }, direction) => pointsAt(world.policy, node, iface, direction),
    peers: ({ node, interface: iface }) => [world.peer(node, iface)],
  }
}
