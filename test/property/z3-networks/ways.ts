/**
 * Every way of the packets that a node sends, as terms: written from the model (cables, routes, points) and docs/guide/semantics.md. A packet is
 * followed from where it is back to its sender, so that what a balancer has written over is found again, and all is said of the packet as it is there.
 */
import { forwards, localAddresses } from '../../../src/model/index.ts'
import { type Point, pointsAt } from '../../../src/policy/index.ts'
import type { World } from '../../../src/trace/index.ts'
import { anyPacket, inPrefix, type PacketTerms } from '../../../src/verify/testing/smt/packets.ts'
import { and, bits, Definitions, ite, not, or } from '../../../src/verify/testing/smt/terms.ts'
import { PointTerms } from './points.ts'
import { isOneOf } from './translations.ts'

/** An interface of a node. */
interface Place {
  readonly node: string
  readonly interface: string
}

type Condition = (packet: PacketTerms) => string

/** A network in terms. */
export class NetworkTerms {
  readonly definitions = new Definitions('way')
  readonly points: PointTerms
  readonly #world: World
  readonly #interfaces = new Map<string, string[]>()
  readonly #toward = new Map<string, WeakMap<PacketTerms, string>>()

  constructor(world: World) {
    this.#world = world
    this.points = new PointTerms(world, this.definitions)
    for (const { node, interface: name } of world.network.links.flatMap(({ ends }) => ends))
      this.#interfaces.set(node, [...this.interfacesOf(node), name])
  }

  interfacesOf(node: string): readonly string[] {
    return this.#interfaces.get(node) ?? []
  }

  /** That the packet is for a node. */
  isFor(node: string, packet: PacketTerms): string {
    return this.definitions.name(isOneOf('destination', localAddresses(this.#world.node(node)), packet))
  }

  /** That the longest prefix which holds the destination leads out by an interface. Equal next hops take any packet. */
  toward({ node, interface: name }: Place, packet: PacketTerms): string {
    const key = `${node} ${name}`
    const known = this.#toward.get(key) ?? new WeakMap<PacketTerms, string>()
    this.#toward.set(key, known)
    const term = known.get(packet) ?? this.definitions.name(this.#longest(node, name, packet))
    known.set(packet, term)
    return term
  }

  #longest(node: string, name: string, packet: PacketTerms): string {
    return [...this.#world.routes(node)]
      .sort((a, b) => a.prefix.length - b.prefix.length)
      .reduce((shorter, { prefix, nextHops }) => {
        const leads = nextHops.some((hop) => hop.interface === name)
        return ite(this.definitions.name(inPrefix('destination', prefix, packet)), `${leads}`, shorter)
      }, 'false')
  }
}

/** What becomes of what one node sends. */
export class Ways {
  readonly #world: World
  readonly #terms: NetworkTerms
  readonly #sender: string
  readonly #hops: number
  /** Nodes to which cables lead from the sender, by hops. */
  readonly #near: readonly ReadonlySet<string>[]
  readonly #known = new Map<string, Map<PacketTerms, string>>()

  /** @param hops how far ways are followed; {@link goOn} says whether any is longer */
  constructor(world: World, terms: NetworkTerms, sender: string, hops: number) {
    this.#world = world
    this.#terms = terms
    this.#sender = sender
    this.#hops = hops
    const near = [new Set([sender])]
    for (let hop = 1; hop <= hops; hop++)
      near.push(new Set([...(near[hop - 1] as Set<string>)].flatMap((node) => this.#peersOf(node))))
    this.#near = near
  }

  /** That the packet arrives at the node for which it is. */
  delivered(node: string): string {
    return and([this.#terms.isFor(node, anyPacket), this.#ever((hop) => this.#entered(node, anyPacket, hop))])
  }

  /** That it gets to a node which forwards nothing, and is not for it. */
  strayed(node: string): string {
    if (forwards(this.#world.node(node))) return 'false'
    const others = not(this.#terms.isFor(node, anyPacket))
    return and([others, this.#ever((hop) => this.#entered(node, anyPacket, hop))])
  }

  /** That a node has to forward it, and has no route for it, or a null route. */
  unrouted(node: string): string {
    const places = this.#terms.interfacesOf(node).map((name) => ({ node, interface: name }))
    const routed = or(places.map((place) => this.#terms.toward(place, anyPacket)))
    return and([not(routed), this.#ever((hop) => this.#inside(node, anyPacket, hop))])
  }

  /** The number of the rule of a point that stops it, plus one, in 16 bits; 0: none does. */
  stopped(point: Point): string {
    const meets = this.#ever((hop) => or(point.interfaces.map((name) => this.#meets(point, name, hop))))
    return ite(meets, this.#terms.points.stopping(point, anyPacket), bits(0, 16))
  }

  /** That it is still under way when it is followed no further. */
  goOn(): string {
    return or(this.#world.network.nodes.map(({ id }) => this.#inside(id, anyPacket, this.#hops)))
  }

  /** How many packets those that were asked about may have been before they were translated. */
  get translated(): number {
    const before = [...this.#known.values()].flatMap((terms) =>
      [...terms].filter(([, term]) => term !== 'false').map(([packet]) => packet),
    )
    return new Set(before.filter((packet) => packet !== anyPacket)).size
  }

  #ever(condition: (hop: number) => string): string {
    const hops = Array.from({ length: this.#hops + 1 }, (_, hop) => condition(hop))
    return this.#terms.definitions.name(or(hops))
  }

  /** That a packet comes to a point on an interface. */
  #meets(point: Point, name: string, hop: number): string {
    const place = { node: point.node, interface: name }
    const points = this.#pointsAt(place, point.direction)
    const start: Condition =
      point.direction === 'in'
        ? (packet) => this.#arrived(place, packet, hop)
        : (packet) => this.#departs(place, packet, hop)
    return this.#after(points.slice(0, points.indexOf(point)), anyPacket, start)
  }

  /** That a node has a packet to forward: its own before the first hop, later what has come in and is for others. */
  #inside(node: string, packet: PacketTerms, hop: number): string {
    if (hop === 0) return `${node === this.#sender}`
    if (!forwards(this.#world.node(node))) return 'false'
    const entered = this.#entered(node, packet, hop)
    return entered === 'false' ? entered : and([not(this.#terms.isFor(node, packet)), entered])
  }

  /** That a packet has passed what stands where it came in. */
  #entered(node: string, packet: PacketTerms, hop: number): string {
    if (!this.#near[hop]?.has(node)) return 'false'
    return this.#once(`entered ${node} ${hop}`, packet, () =>
      or(
        this.#terms.interfacesOf(node).map((name) => {
          const place = { node, interface: name }
          return this.#after(this.#pointsAt(place, 'in'), packet, (before) =>
            this.#arrived(place, before, hop),
          )
        }),
      ),
    )
  }

  /** That a packet comes over the cable: it has left the other end, and passed what stands there. */
  #arrived(place: Place, packet: PacketTerms, hop: number): string {
    const peer = this.#world.peer(place.node, place.interface)
    if (hop === 0 || !this.#near[hop - 1]?.has(peer.node)) return 'false'
    return this.#once(`left ${peer.node} ${peer.interface} ${hop}`, packet, () =>
      this.#after(this.#pointsAt(peer, 'out'), packet, (before) => this.#departs(peer, before, hop - 1)),
    )
  }

  #departs(place: Place, packet: PacketTerms, hop: number): string {
    const toward = this.#terms.toward(place, packet)
    return toward === 'false' ? toward : and([toward, this.#inside(place.node, packet, hop)])
  }

  /** That a packet, as it leaves points, has passed them all, and that a condition held before. */
  #after(points: readonly Point[], packet: PacketTerms, start: Condition): string {
    const point = points[points.length - 1]
    if (!point) return start(packet)
    return or(
      this.#terms.points
        .pasts(point, packet)
        .map(({ before, condition }) => and([condition, this.#after(points.slice(0, -1), before, start)])),
    )
  }

  #pointsAt({ node, interface: name }: Place, direction: Point['direction']): readonly Point[] {
    return pointsAt(this.#world.policy, node, name, direction)
  }

  #peersOf(node: string): readonly string[] {
    return this.#terms.interfacesOf(node).map((name) => this.#world.peer(node, name).node)
  }

  #once(what: string, packet: PacketTerms, make: () => string): string {
    const known = this.#known.get(what) ?? new Map<PacketTerms, string>()
    this.#known.set(what, known)
    const term = known.get(packet) ?? this.#terms.definitions.name(make())
    known.set(packet, term)
    return term
  }
}
