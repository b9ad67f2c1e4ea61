/**
 * What each node may send that arrives somewhere: the walk of `reach.ts` the other way round, from the ends to the senders. So a packet is as its
 * sender sends it, whatever balancers make of it on its way.
 *
 * A packet is in if it may arrive: by one of equal ways, with some port that is lent to it. Which machine a balancer chooses is kept, as the level
 * `choice`: of a packet to a VIP it is said for each machine behind it whether it arrives there.
 */
import { type Node, neighboursOf } from '../../model/index.ts'
import type { Point } from '../../policy/index.ts'
import type { World } from '../../trace/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { PacketSets } from '../packets/index.ts'
import { Gathered } from './gathered.ts'
import type { Passages } from './passage.ts'
import type { Chosen } from './rewrites.ts'
import { type Place, type Terrain, terrainOf } from './terrain.ts'

export interface SendableOptions {
  readonly passages: Passages
  /** Of each machine that a balancer may choose, the packets for which it does. */
  readonly chosen: Chosen
  /** What is to arrive at a node. Default: whatever is for it, and at the Internet whatever is for nobody else. */
  ends?(node: Node): DiagramSet
  /** Of the world, if it is there already. */
  readonly terrain?: Terrain
}

/** Packets by node. Whoever is outside is reached by what arrives there and is for nobody inside. */
export function sendable(
  sets: PacketSets,
  world: World,
  options: SendableOptions,
): ReadonlyMap<string, DiagramSet> {
  const walk = new BackwardWalk(sets, world, options)
  return walk.run()
}

/** From the machines to the Internet: what is found at many machines is one set before it goes on. */
const order: readonly Node['kind'][] = [
  'vm',
  'host',
  'name-server',
  'fabric-controller',
  'jump-box',
  'storage',
  'activation-server',
  'distribution-router',
  'balancer',
  'access-router',
  'isp',
  'internet',
]

class BackwardWalk {
  readonly #sets: PacketSets
  readonly #world: World
  readonly #options: SendableOptions
  readonly #terrain: Terrain
  /** What may come to an interface, before its points. */
  readonly #arriving: Gathered
  /** What a node may send or forward. */
  readonly #sent: Gathered
  /** Found and not yet followed, by node. */
  readonly #pending = new Map<Node['kind'], Map<string, DiagramSet[]>>()

  constructor(sets: PacketSets, world: World, options: SendableOptions) {
    this.#sets = sets
    this.#world = world
    this.#options = options
    this.#terrain = options.terrain ?? terrainOf(sets, world)
    this.#arriving = new Gathered(sets)
    this.#sent = new Gathered(sets)
  }

  run(): ReadonlyMap<string, DiagramSet> {
    const { ends } = this.#options
    for (const node of this.#world.network.nodes)
      this.#enter(node, ends ? this.#sets.mask(ends(node), this.#endsAt(node)) : this.#endsAt(node))
    for (let next = this.#next(); next; next = this.#next()) {
      const [node, packets] = next
      const fresh = this.#sent.add(node.id, this.#sets.union(packets))
      if (fresh === this.#sets.none || !this.#terrain.forwards(node.id)) continue
      this.#enter(node, this.#sets.without(fresh, this.#terrain.forwarding(node.id).local))
    }
    return this.#sent.sets
  }

  #next(): readonly [Node, readonly DiagramSet[]] | undefined {
    for (const kind of order) {
      const waiting = this.#pending.get(kind)
      const [first] = waiting ?? []
      if (!waiting || !first) continue
      waiting.delete(first[0])
      return [this.#world.node(first[0]), first[1]]
    }
    return undefined
  }

  /** What is for a node itself. */
  #endsAt(node: Node): DiagramSet {
    const { local, unrouted } = this.#terrain.forwarding(node.id)
    return node.kind === 'internet' ? this.#sets.union([local, unrouted]) : local
  }

  /** What is well received once it has entered by any interface: what sends it there. */
  #enter({ id }: Node, packets: DiagramSet): void {
    if (packets === this.#sets.none) return
    for (const { near } of neighboursOf(this.#world.network, id)) {
      const before = this.#before(near, 'in', packets)
      const fresh = this.#arriving.add(`${id} ${near.interface}`, before)
      if (fresh === this.#sets.none) continue
      for (const peer of this.#terrain.peers(near)) this.#leave(peer, fresh)
    }
  }

  #leave(place: Place, packets: DiagramSet): void {
    const routed = this.#terrain.forwarding(place.node).toward.get(place.interface)
    if (routed === undefined) return
    const node = this.#world.node(place.node)
    const sent = this.#sets.mask(routed, this.#before(place, 'out', packets))
    if (sent === this.#sets.none) return
    const waiting = this.#pending.get(node.kind) ?? new Map<string, DiagramSet[]>()
    this.#pending.set(node.kind, waiting)
    const list = waiting.get(node.id)
    if (list) list.push(sent)
    else waiting.set(node.id, [sent])
  }

  #before(place: Place, direction: Point['direction'], packets: DiagramSet): DiagramSet {
    const { passages, chosen } = this.#options
    return this.#terrain
      .points(place, direction)
      .reduceRight(
        (left, point) => (left === this.#sets.none ? left : passages.before(point, left, chosen)),
        packets,
      )
  }
}
