/**
 * Where packets get to: the walk of `trace/`, for sets of packets. Every way that a packet may take is taken. A place that is reached
 * again with packets it has not seen is looked at again, until nothing new arrives anywhere.
 */
import type { Point } from '../../policy/index.ts'
import type { Diagram, DiagramSet } from '../diagram/index.ts'
import type { PacketSets } from '../packets/index.ts'
import type { PointDecisions } from '../points/index.ts'
import { Answering, answersTo } from './answers.ts'
import { Erring } from './errors.ts'
import { Gathered } from './gathered.ts'
import { Openings } from './openings.ts'
import { type Passage, Passages, type Passing, passAll, translates } from './passage.ts'
import type { Place, Terrain } from './terrain.ts'

/** Packets that a node sends. */
export interface Emission {
  readonly node: string
  readonly packets: DiagramSet
}

export interface Reach {
  /** What arrived at each interface, before its points: by `node interface`. */
  readonly arrived: ReadonlyMap<string, DiagramSet>
  /** What was for the node itself and reached it, by node. */
  readonly delivered: ReadonlyMap<string, DiagramSet>
  /** What left by each interface, after its points: by `node interface`. */
  readonly sent: ReadonlyMap<string, DiagramSet>
  /** What each point stopped, by the rule's number plus one. Absent unless asked for. */
  readonly stopped: ReadonlyMap<Point, Diagram>
  /** What a node had no route for, or a null route, by node. */
  readonly unrouted: ReadonlyMap<string, DiagramSet>
  /** What reached a machine that forwards nothing and is not its destination, by node. */
  readonly strayed: ReadonlyMap<string, DiagramSet>
  /** What a node had to forward: what it sent itself, and what passed its points on arrival and was not for it. */
  readonly forwarded: ReadonlyMap<string, DiagramSet>
}

interface Remembered {
  readonly known: Openings
  readonly forth: Reach
  /** Where answers get to, once it is asked for. */
  back?: Reach
}

export class NetworkReach {
  /** What was followed once, by what was sent: of answers and of errors the same is asked. */
  readonly #remembered = new Map<string, Remembered>()
  readonly #sets: PacketSets
  readonly #terrain: Terrain
  readonly #passages: Passages

  /** @param passages of these sets, if points of the terrain were looked at before */
  constructor(sets: PacketSets, terrain: Terrain, passages = new Passages(sets, terrain)) {
    this.#sets = sets
    this.#terrain = terrain
    this.#passages = passages
  }

  /** What each point says of all packets. */
  get decisions(): PointDecisions {
    return this.#passages.decisions
  }

  /**
   * Where what comes back of openings gets to; everything that stops it is noted.
   * @param emissions openings that nodes send
   * @param answering what a node answers of what reached it: the same whenever it is asked
   */
  answers(emissions: readonly Emission[], answering: (node: string, reach: Reach) => DiagramSet): Reach {
    const remembered = this.remembered(emissions)
    remembered.back ??= this.#answers(remembered, answering)
    return remembered.back
  }

  #answers(
    { known: openings, forth }: Remembered,
    answering: (node: string, reach: Reach) => DiagramSet,
  ): Reach {
    const back = this.#terrain.nodes.map((node) => ({
      node,
      packets: answersTo(this.#sets, answering(node, forth)),
    }))
    return this.#walk(back, new Answering(this.#sets, this.#passages, openings), true)
  }

  /** Follows openings, and keeps what filters and balancers remember of them. */
  remembered(openings: readonly Emission[]): Remembered {
    const key = openings.map(({ node, packets }) => `${node} ${packets}`).join()
    const found = this.#remembered.get(key)
    if (found) return found
    const known = new Openings(this.#sets, this.#passages)
    const made: Remembered = { known, forth: this.#walk(openings, known, false) }
    this.#remembered.set(key, made)
    return made
  }

  /** Where ICMP errors get to. @param known what was opened before @param explain keep what each point stopped */
  errors(
    known: Openings,
    errors: readonly Emission[],
    { explain = false }: { explain?: boolean } = {},
  ): Reach {
    return this.#walk(errors, new Erring(this.#sets, this.#passages, known), explain)
  }

  /** What of no known flow may leave a point as one of the packets. @param known connections to which it may belong after all */
  before(point: Point, leaving: DiagramSet, known?: Openings): DiagramSet {
    const passages = known ? this.#passages.knowing(known) : this.#passages
    return passages.before(point, leaving, () => this.#sets.all)
  }

  /** Remembers what it is shown to pass. */
  openings(): Openings {
    return new Openings(this.#sets, this.#passages)
  }

  /** Points at both ends of a cable, one end of which is in an interface. */
  aroundCable(place: Place): readonly Point[] {
    return [place, ...this.#terrain.peers(place)].flatMap((end) => [
      ...this.#terrain.points(end, 'in'),
      ...this.#terrain.points(end, 'out'),
    ])
  }

  /**
   * What of some errors, coming to an interface of a node from the other end of its cable, would be delivered to it.
   * @param opened what its filters, and those at the other end, are shown before: they know the flows of what they let pass
   */
  lastHop(place: Place, errors: DiagramSet, opened: DiagramSet): DiagramSet {
    const { points, peers, forwarding } = this.#terrain
    const known = this.openings()
    for (const point of this.aroundCable(place)) if (point.flow) known.passed(point, opened)
    const erring = new Erring(this.#sets, this.#passages, known)
    const meant = this.#sets.mask(forwarding(place.node).local, errors)
    return this.#sets.union(
      peers(place).map((peer) => passAll(erring, [...points(peer, 'out'), ...points(place, 'in')], meant)),
    )
  }

  /** Follows what the nodes send. @param explain keep what each point stopped, and by which rule */
  from(emissions: readonly Emission[], { explain = false }: { explain?: boolean } = {}): Reach {
    return this.#walk(emissions, this.#passages, explain)
  }

  #walk(emissions: readonly Emission[], passing: Passing, explain: boolean): Reach {
    const walk = new Walk(this.#sets, this.#terrain, passing, explain)
    for (const { node, packets } of emissions) walk.start(node, packets)
    return walk.run()
  }

  /** One hop of what a node has to forward: what comes into each neighbour, after the points between. */
  step(node: string, packets: DiagramSet): ReadonlyMap<string, DiagramSet> {
    const came = new Gathered(this.#sets)
    for (const [iface, routed] of this.#terrain.forwarding(node).toward)
      for (const [peer, entered] of this.hop({ node, interface: iface }, this.#sets.mask(routed, packets)))
        came.add(peer, entered)
    return came.sets
  }

  /** What comes into each neighbour of what leaves by an interface. */
  hop(place: Place, packets: DiagramSet): ReadonlyMap<string, DiagramSet> {
    const came = new Gathered(this.#sets)
    if (packets === this.#sets.none) return came.sets
    const left = this.pass(this.#terrain.points(place, 'out'), packets)
    for (const peer of this.#terrain.peers(place))
      came.add(peer.node, this.pass(this.#terrain.points(peer, 'in'), left))
    return came.sets
  }

  /** What passes points in turn. */
  pass(points: readonly Point[], packets: DiagramSet): DiagramSet {
    return packets === this.#sets.none ? packets : passAll(this.#passages, points, packets)
  }

  /** What becomes of packets if only those points are asked that rewrite some. */
  translate(points: readonly Point[], packets: DiagramSet): DiagramSet {
    return this.pass(points.filter(translates), packets)
  }
}

/** Later than any turn of a packet that goes up. */
const down = 1000

class Walk {
  readonly #sets: PacketSets
  readonly #terrain: Terrain
  readonly #passages: Passing
  readonly #explain: boolean
  readonly #arrived: Gathered
  readonly #delivered: Gathered
  readonly #sent: Gathered
  readonly #unrouted: Gathered
  readonly #strayed: Gathered
  /** What has come into a node to be forwarded, or was made there. */
  readonly #inside: Gathered
  readonly #stopped = new Map<Point, Diagram>()
  /**
   * To be forwarded, by node: what came by each interface. It is made one set when all has come: the machines behind a router have neighbouring
   * addresses, so that all of them together are a few ranges, and half of them many.
   */
  readonly #pending = new Map<string, { readonly packets: DiagramSet[]; turn: number }>()
  /** To be judged on arrival, by node and interface. */
  readonly #arriving = new Map<string, { place: Place; packets: DiagramSet; turn: number }>()

  constructor(sets: PacketSets, terrain: Terrain, passages: Passing, explain: boolean) {
    this.#sets = sets
    this.#terrain = terrain
    this.#passages = passages
    this.#explain = explain
    const [arrived, delivered, sent, unrouted, strayed, inside] = Array.from(
      { length: 6 },
      () => new Gathered(sets),
    )
    this.#arrived = arrived as Gathered
    this.#delivered = delivered as Gathered
    this.#sent = sent as Gathered
    this.#unrouted = unrouted as Gathered
    this.#strayed = strayed as Gathered
    this.#inside = inside as Gathered
  }

  start(node: string, packets: DiagramSet): void {
    this.#forward(node, packets, this.#terrain.level(node))
  }

  run(): Reach {
    while (this.#arriving.size > 0 || this.#pending.size > 0) {
      const next = this.#next()
      for (const [key, { place, packets, turn }] of this.#arriving) {
        if (turn > next) continue
        this.#arriving.delete(key)
        this.#arrive(place, packets, turn)
      }
      for (const [node, { packets, turn }] of this.#pending) {
        if (turn > next) continue
        this.#pending.delete(node)
        const fresh = this.#inside.add(node, this.#sets.union(packets))
        if (fresh !== this.#sets.none) this.#depart(node, fresh)
      }
    }
    return {
      arrived: this.#arrived.sets,
      delivered: this.#delivered.sets,
      sent: this.#sent.sets,
      stopped: this.#stopped,
      unrouted: this.#unrouted.sets,
      strayed: this.#strayed.sets,
      forwarded: this.#inside.sets,
    }
  }

  /** The turn of what has waited longest. */
  #next(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { turn } of this.#arriving.values()) next = Math.min(next, turn)
    for (const { turn } of this.#pending.values()) next = Math.min(next, turn)
    return next
  }

  #arrive(place: Place, packets: DiagramSet, turn: number): void {
    const sets = this.#sets
    const { node } = place
    const entered = this.#pass(place, 'in', packets)
    const { local } = this.#terrain.forwarding(node)
    this.#delivered.add(node, sets.mask(local, entered))
    const others = sets.without(entered, local)
    if (this.#terrain.forwards(node)) this.#forward(node, others, turn)
    else this.#strayed.add(node, others)
  }

  #forward(node: string, packets: DiagramSet, turn: number): void {
    if (packets === this.#sets.none) return
    const waiting = this.#pending.get(node)
    if (waiting) {
      waiting.packets.push(packets)
      waiting.turn = Math.min(waiting.turn, turn)
    } else this.#pending.set(node, { packets: [packets], turn })
  }

  #depart(node: string, packets: DiagramSet): void {
    const sets = this.#sets
    const { toward, discarded, unrouted } = this.#terrain.forwarding(node)
    this.#unrouted.add(node, sets.mask(sets.union([discarded, unrouted]), packets))
    for (const [iface, destinations] of toward) {
      const routed = sets.mask(destinations, packets)
      if (routed === sets.none) continue
      const place = { node, interface: iface }
      const left = this.#pass(place, 'out', routed)
      if (left === sets.none) continue
      this.#sent.add(`${node} ${iface}`, left)
      for (const peer of this.#terrain.peers(place)) this.#bring(peer, left, this.#turn(node, peer.node))
    }
  }

  /**
   * What comes by many ways is judged once, when all of it has come, if lower ones are asked first while packets go up, and higher ones first while they
   * go down or aside.
   */
  #turn(from: string, to: string): number {
    const [before, level] = [this.#terrain.level(from), this.#terrain.level(to)]
    return before < level ? level : down - level
  }

  #bring(place: Place, packets: DiagramSet, turn: number): void {
    const sets = this.#sets
    const key = `${place.node} ${place.interface}`
    const fresh = this.#arrived.add(key, packets)
    if (fresh === sets.none) return
    const waiting = this.#arriving.get(key)?.packets ?? sets.none
    this.#arriving.set(key, { place, packets: sets.union([waiting, fresh]), turn })
  }

  #pass(place: Place, direction: Point['direction'], packets: DiagramSet): DiagramSet {
    const note = (point: Point, { stopped }: Passage): void => {
      const before = this.#stopped.get(point)
      this.#stopped.set(point, before === undefined ? stopped : this.#sets.override(before, stopped))
    }
    const points = this.#terrain.points(place, direction)
    return passAll(this.#passages, points, packets, this.#explain ? note : undefined)
  }
}
