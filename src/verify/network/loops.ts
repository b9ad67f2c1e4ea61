/**
 * Packets that go round. First by their destinations alone, whatever filters say: of most networks nothing is left then. What is left
 * is followed again with the packets that are really there.
 */
import { type DiagramSet, everything } from '../diagram/index.ts'
import { addressLevels, highest, level, type PacketSets } from '../packets/index.ts'
import type { NetworkReach, Reach } from './reach.ts'
import type { Terrain } from './terrain.ts'

/** Sets by node. */
type AtNodes = ReadonlyMap<string, DiagramSet>

/** All levels but the destination. */
const others = highest.map((_, at) => at).filter((at) => !kept().has(at))

export class Loops {
  readonly #sets: PacketSets
  readonly #terrain: Terrain
  readonly #reach: NetworkReach
  #suspects: AtNodes | undefined

  readonly #destinations: DiagramSet

  /** @param destinations those that may go round, as sets of nothing else */
  constructor(
    sets: PacketSets,
    terrain: Terrain,
    reach: NetworkReach,
    destinations: DiagramSet = everything,
  ) {
    this.#destinations = destinations
    this.#sets = sets
    this.#terrain = terrain
    this.#reach = reach
  }

  /** Whether there are destinations for which tables lead in a circle. */
  get suspected(): boolean {
    return this.#suspicion().size > 0
  }

  /** Packets that come back to a node as they left it, by node, of those that a reach has there. */
  of({ forwarded }: Pick<Reach, 'forwarded'>): AtNodes {
    const suspects = this.#suspicion()
    if (suspects.size === 0) return suspects
    const suspected = this.#within(suspects, forwarded)
    const circling = this.#circling(suspected, (node, packets) => this.#reach.step(node, packets))
    return this.#returning(circling)
  }

  #suspicion(): AtNodes {
    this.#suspects ??= this.#circling(this.#everywhere(), (node, packets) =>
      this.#stepUnfiltered(node, packets),
    )
    return this.#suspects
  }

  /**
   * What has come to its node by a way that has no beginning, and so has been round: what is left when only what was sent on from
   * what is left is kept.
   */
  #circling(
    start: AtNodes,
    step: (node: string, packets: DiagramSet) => Iterable<readonly [string, DiagramSet]>,
  ): AtNodes {
    let left = start
    for (;;) {
      const came = new Map<string, DiagramSet[]>()
      for (const [node, packets] of left)
        for (const [next, entered] of step(node, packets)) {
          const list = came.get(next)
          if (list) list.push(entered)
          else came.set(next, [entered])
        }
      const stays = this.#within(
        left,
        new Map(Array.from(came, ([node, list]) => [node, this.#sets.union(list)])),
      )
      if (stays.size === left.size && [...stays].every(([node, packets]) => left.get(node) === packets))
        return stays
      left = stays
    }
  }

  /** Of what goes round or has left a round, what comes back. */
  #returning(circling: AtNodes): AtNodes {
    const found = new Map<string, DiagramSet>()
    for (const [node, packets] of circling) {
      let back = this.#sets.none
      let front: AtNodes = new Map([[node, packets]])
      const seen = new Map<string, DiagramSet>()
      while (front.size > 0) {
        const next = new Map<string, DiagramSet>()
        for (const [from, some] of front)
          for (const [to, entered] of this.#reach.step(from, some)) {
            if (to === node) back = this.#sets.union([back, this.#sets.mask(entered, packets)])
            const known = seen.get(to) ?? this.#sets.none
            const fresh = this.#sets.without(
              this.#sets.mask(entered, circling.get(to) ?? this.#sets.none),
              known,
            )
            if (fresh === this.#sets.none) continue
            seen.set(to, this.#sets.union([known, fresh]))
            next.set(to, this.#sets.union([next.get(to) ?? this.#sets.none, fresh]))
          }
        front = next
      }
      if (back !== this.#sets.none) found.set(node, back)
    }
    return found
  }

  /** Every destination at every node that forwards, but its own. */
  #everywhere(): AtNodes {
    const routers = this.#terrain.nodes.filter((node) => this.#terrain.forwards(node))
    return new Map(
      routers.map((node) => [
        node,
        this.#sets.without(this.#destinations, this.#terrain.forwarding(node).local),
      ]),
    )
  }

  *#stepUnfiltered(node: string, destinations: DiagramSet): Iterable<readonly [string, DiagramSet]> {
    const sets = this.#sets
    for (const [iface, routed] of this.#terrain.forwarding(node).toward) {
      const place = { node, interface: iface }
      const routers = this.#terrain.peers(place).filter((peer) => this.#terrain.forwards(peer.node))
      if (routers.length === 0) continue
      const left = this.#reach.translate(this.#terrain.points(place, 'out'), sets.mask(routed, destinations))
      for (const peer of routers) {
        const entered = this.#reach.translate(this.#terrain.points(peer, 'in'), left)
        yield [peer.node, sets.forget(entered, others)]
      }
    }
  }

  #within(some: AtNodes, other: AtNodes): AtNodes {
    const both = new Map<string, DiagramSet>()
    for (const [node, packets] of some) {
      const common = this.#sets.mask(packets, other.get(node) ?? this.#sets.none)
      if (common !== this.#sets.none) both.set(node, common)
    }
    return both
  }
}

/** Packets by their destinations alone. */
export const destinationsOf = (sets: PacketSets, packets: DiagramSet): DiagramSet =>
  sets.forget(packets, others)

function kept(): ReadonlySet<number> {
  return new Set([level.family, ...addressLevels('destination')])
}
