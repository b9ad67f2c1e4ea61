/**
 * How many packets two lists treat differently, exactly, without a box for each of them: regions are halved until few rules matter in each
 * ({@link FewRules}). A region is cut in the dimension in which the most rules begin or end, at the most even number, so that no prefix is
 * cut in two.
 */
import { FewRules, fewRules } from './few-rules.ts'
import { LiveRules } from './live-rules.ts'
import { pairs } from './pair.ts'
import type { Part } from './part.ts'
import type { Sequence } from './sequence.ts'

/** The parts of a region in which no more rules matter are not kept: there may be millions. */
const standardKept = 256

/** How far regions are cut; for tests. */
export interface Limits {
  /** Standard, and at most: {@link fewRules}. */
  readonly few?: number
  /** Standard: 256. */
  readonly kept?: number
}

export class Counting {
  readonly #sequence: Sequence
  readonly #live: LiveRules
  readonly #few: FewRules
  readonly #fewest: number
  readonly #kept: number
  /** Of each dimension how many rules do not hold all of the region in it. */
  readonly #cutters: Int32Array
  /** Packets that are treated differently in all regions that were counted, by pair. */
  readonly packets: bigint[] = Array(pairs).fill(0n)

  constructor(sequence: Sequence, { few = fewRules, kept = standardKept }: Limits = {}) {
    this.#sequence = sequence
    this.#live = new LiveRules(sequence)
    this.#few = new FewRules(this.#live)
    this.#fewest = few
    this.#kept = kept
    this.#cutters = new Int32Array(this.#live.flags + 1)
  }

  /** Counts what differs in a region; `undefined`: nothing. */
  count(region: Uint32Array): Part | undefined {
    const live = this.#live
    return this.#look(0, live.enter(region), -1, -1)
  }

  #look(start: number, stop: number, beyondA: number, beyondB: number): Part | undefined {
    const live = this.#live
    live.settle(start, stop, beyondA, beyondB)
    const { from, to, endA, endB } = live
    if (endA === endB && live.agree()) return undefined
    if (to - from > this.#fewest) return this.#halve(from, to, endA, endB)
    const dims = this.#cutDims(from, to)
    this.#few.count(dims)
    let outside = 1n
    for (let dim = 0; dim <= live.flags; dim++) if (!dims.includes(dim)) outside *= BigInt(live.sizeOf(dim))
    let packets = 0n
    this.#few.packets.forEach((found, pair) => {
      if (found === 0n) return
      this.packets[pair] = (this.packets[pair] as bigint) + found * outside
      packets += found * outside
    })
    return packets === 0n ? undefined : this.#part(packets, [])
  }

  #part(packets: bigint, parts: readonly Part[]): Part {
    return { sequence: this.#sequence, region: this.#live.region.slice(), packets, parts }
  }

  /** Dimensions that some rule cuts, those first that most do: they leave the fewest rules for the rest. */
  #cutDims(from: number, to: number): readonly number[] {
    const cutters = this.#countCutters(from, to)
    const dims: number[] = []
    for (let dim = 0; dim < cutters.length; dim++) if (cutters[dim] !== 0) dims.push(dim)
    return dims.sort((x, y) => (cutters[y] as number) - (cutters[x] as number))
  }

  #countCutters(from: number, to: number): Int32Array {
    const live = this.#live
    const cutters = this.#cutters.fill(0)
    for (let dim = 0; dim < cutters.length; dim++)
      for (let at = from; at < to; at++) if (live.cuts(at, dim)) cutters[dim] = (cutters[dim] as number) + 1
    return cutters
  }

  #halve(from: number, to: number, endA: number, endB: number): Part | undefined {
    const live = this.#live
    const { region } = live
    const dim = this.#widest(from, to)
    const [low, high] = [region[2 * dim] as number, region[2 * dim + 1] as number]
    const bit = dim === live.flags ? live.flagAsked(from, to) : 0
    const cut = dim === live.flags ? 0 : live.evenCut(from, to, dim)
    const parts: Part[] = []
    for (const upper of [false, true]) {
      if (bit !== 0) {
        region[2 * dim] = low | bit
        region[2 * dim + 1] = upper ? high | bit : high
      } else {
        region[2 * dim] = upper ? cut : low
        region[2 * dim + 1] = upper ? high : cut - 1
      }
      const part = this.#look(to, live.narrow(from, to, dim), endA, endB)
      if (part) parts.push(part)
      region[2 * dim] = low
      region[2 * dim + 1] = high
    }
    const [one, other] = parts
    if (!one || !other) return one
    return this.#part(one.packets + other.packets, to - from > this.#kept ? parts : [])
  }

  /** The dimension that most rules cut, of those in which the region may be cut. */
  #widest(from: number, to: number): number {
    const { layout, region } = this.#live
    const cutters = this.#countCutters(from, to)
    let [best, most] = [0, 0]
    for (let dim = 0; dim < cutters.length; dim++) {
      const after = layout.after[dim] ?? -1
      if (after >= 0 && region[2 * after] !== region[2 * after + 1]) continue
      if ((cutters[dim] as number) > most) [best, most] = [dim, cutters[dim] as number]
    }
    return best
  }
}
