/**
 * Whether equal ways come to the same: whichever of a node's equal next hops takes a packet, it is delivered at the same places, and translated alike.
 *
 * Two nodes agree about packets if both deliver them, or send them on to the same node, or to nodes that agree about them. So pairs of
 * nodes are compared one hop at a time, each with the packets that both may get. What is not matched so is followed to its end.
 */
import type { DiagramSet } from '../diagram/index.ts'
import { addressLevels, level, type PacketSets } from '../packets/index.ts'
import { Gathered } from './gathered.ts'
import type { NetworkReach, Reach } from './reach.ts'
import type { Terrain } from './terrain.ts'

/** Packets with which something happens at one node, and not at its equal. */
export interface Disagreement {
  readonly at: string
  readonly packets: DiagramSet
}

export interface AgreementOptions {
  /** Sources that translators lend, each its own: which of them a packet bears makes no difference. */
  lent(): DiagramSet
  /** Whether what a node has no route for has left the network there. */
  isOutside(node: string): boolean
}

/** Packets by node. */
type AtNodes = ReadonlyMap<string, DiagramSet>

export class Agreement {
  readonly #sets: PacketSets
  readonly #terrain: Terrain
  readonly #reach: NetworkReach
  readonly #options: AgreementOptions

  constructor(sets: PacketSets, terrain: Terrain, reach: NetworkReach, options: AgreementOptions) {
    this.#sets = sets
    this.#terrain = terrain
    this.#reach = reach
    this.#options = options
  }

  /** Of packets that nodes have to forward: where their ways part. */
  *broken({ forwarded }: Pick<Reach, 'forwarded'>): Iterable<Disagreement> {
    // From all of them at once it is soon seen that nothing is wrong.
    const [first] = this.#broken(forwarded)
    if (!first) return
    let found = false
    for (const [node, packets] of forwarded) {
      const parted = [...this.#broken(new Map([[node, packets]]))].map((each) => each.packets)
      if (parted.length === 0) continue
      found = true
      // What was translated on its way does not say which packets those were.
      const seen = this.#sets.mask(packets, this.#sets.union(parted))
      yield { at: node, packets: seen === this.#sets.none ? packets : seen }
    }
    if (!found) yield first
  }

  *#broken(forwarded: AtNodes): Iterable<Disagreement> {
    const pairs = new Pairs(this.#sets)
    for (const [node, packets] of forwarded)
      for (const { interfaces, packets: routed } of this.#terrain.forwarding(node).equal) {
        const shared = this.#sets.mask(routed, packets)
        if (shared === this.#sets.none) continue
        const [first, ...others] = interfaces.map((name) =>
          this.#alike(this.#reach.hop({ node, interface: name }, shared)),
        )
        for (const other of others) yield* this.#compare(node, shared, first as AtNodes, other, pairs)
      }
    for (let next = pairs.next(); next; next = pairs.next()) {
      const [a, b, packets] = next
      const left = this.#sets.without(packets, this.#comesTo(a, b, packets))
      yield* this.#compare(a, left, this.#sent(a, left), this.#sent(b, left), pairs, (some) =>
        this.#differ(a, b, some),
      )
    }
  }

  /** What one sends to the other, or gets from it, is with the other already. */
  #comesTo(a: string, b: string, packets: DiagramSet): DiagramSet {
    const sets = this.#sets
    const [there, back] = [this.#sent(a, packets).get(b), this.#sent(b, packets).get(a)]
    return sets.mask(packets, sets.union([there ?? sets.none, back ?? sets.none]))
  }

  /** Where packets are after a hop: those that are for the node itself have come to where they stay. */
  #sent(node: string, packets: DiagramSet): AtNodes {
    const sets = this.#sets
    const { local } = this.#terrain.forwarding(node)
    const came = new Gathered(sets)
    came.add(node, sets.mask(local, packets))
    if (this.#terrain.forwards(node))
      for (const [at, some] of this.#reach.step(node, sets.without(packets, local))) came.add(at, some)
    return this.#alike(came.sets)
  }

  /**
   * Compares where equals bring packets: what is at different nodes then makes pairs, what is with one alone a disagreement.
   * @param differ whether packets that are with one alone end otherwise at the other
   */
  *#compare(
    at: string,
    packets: DiagramSet,
    one: AtNodes,
    other: AtNodes,
    pairs: Pairs,
    differ = (_: DiagramSet): boolean => true,
  ): Iterable<Disagreement> {
    const sets = this.#sets
    const [all, allOther] = [sets.union([...one.values()]), sets.union([...other.values()])]
    const unmatched = sets.union([sets.without(all, allOther), sets.without(allOther, all)])
    if (unmatched !== sets.none) {
      // What was translated does not say which of the packets it was.
      const alone = sets.without(unmatched, packets) === sets.none ? unmatched : packets
      if (differ(alone)) yield { at, packets: alone }
    }
    for (const [a, had] of one)
      for (const [b, got] of other) {
        if (a === b) continue
        const both = sets.mask(had, got)
        const same = sets.mask(other.get(a) ?? sets.none, one.get(b) ?? sets.none)
        pairs.add(a, b, sets.without(both, same))
      }
  }

  /** Whether packets end otherwise at the one than at the other. */
  #differ(a: string, b: string, packets: DiagramSet): boolean {
    const [one, other] = [this.#ends(a, packets), this.#ends(b, packets)]
    const nodes = new Set([...one.keys(), ...other.keys()])
    return [...nodes].some(
      (node) => (one.get(node) ?? this.#sets.none) !== (other.get(node) ?? this.#sets.none),
    )
  }

  #ends(node: string, packets: DiagramSet): AtNodes {
    const sets = this.#sets
    const { local } = this.#terrain.forwarding(node)
    const ends = new Gathered(sets)
    ends.add(node, sets.mask(local, packets))
    const { delivered, unrouted } = this.#reach.from([{ node, packets: sets.without(packets, local) }])
    for (const [at, some] of delivered) ends.add(at, some)
    for (const [at, some] of unrouted) if (this.#options.isOutside(at)) ends.add(at, some)
    return this.#alike(ends.sets)
  }

  /** With every lent source for any. */
  #alike(some: AtNodes): AtNodes {
    const sets = this.#sets
    return new Map(
      Array.from(some, ([node, packets]) => {
        const lent = sets.mask(this.#options.lent(), packets)
        if (lent === sets.none) return [node, packets]
        const any = sets.mask(
          this.#options.lent(),
          sets.forget(lent, [...addressLevels('source'), level.sourcePort]),
        )
        return [node, sets.union([packets, any])]
      }),
    )
  }
}

/** Pairs of nodes with packets about which they are to agree, and have not been asked. */
class Pairs {
  readonly #asked: Gathered
  readonly #none: DiagramSet
  readonly #waiting = new Map<string, DiagramSet>()
  readonly #sets: PacketSets

  constructor(sets: PacketSets) {
    this.#sets = sets
    this.#none = sets.none
    this.#asked = new Gathered(sets)
  }

  add(a: string, b: string, packets: DiagramSet): void {
    if (packets === this.#none) return
    const key = a < b ? `${a}|${b}` : `${b}|${a}`
    const fresh = this.#asked.add(key, packets)
    if (fresh === this.#none) return
    this.#waiting.set(key, this.#sets.union([this.#waiting.get(key) ?? this.#none, fresh]))
  }

  next(): readonly [a: string, b: string, packets: DiagramSet] | undefined {
    const [first] = this.#waiting
    if (!first) return undefined
    this.#waiting.delete(first[0])
    const [a, b] = first[0].split('|') as [string, string]
    return [a, b, first[1]]
  }
}
