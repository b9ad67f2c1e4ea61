/**
 * How many packets of a region at most 32 rules of two lists treat differently. A rule is a bit. Of each range that some rule cuts, the
 * numbers are grouped by the rules that they meet; what meets a group of each is decided by the lowest bit of either side.
 */
import type { LiveRules } from './live-rules.ts'
import { type Pair, pairOf, pairs } from './pair.ts'
import { bitsOf } from './row.ts'

/** Most rules that have a bit. */
export const fewRules = 32
/** Most ranges and flags of a row. */
const mostLevels = 16
/** Most groups of a range: 2 bounds for each rule, or all values of TCP flags. */
const mostGroups = 256
const [sideA, sideB] = [1, 2]
const [same, open] = [-1, -2] as const

export class FewRules {
  readonly #live: LiveRules
  /** Packets by {@link Pair}, of the last region. */
  readonly packets: bigint[] = Array(pairs).fill(0n)
  /** Of the rules: who speaks for which side, and who has which action. */
  #ofA = 0
  #ofB = 0
  readonly #withAction = new Int32Array(3)
  readonly #actions = new Int32Array(fewRules)
  #endA = 0
  #endB = 0
  /** Of each level (a range that some rule cuts): its groups, rules that hold all of it and of those behind it, and packets from it on. */
  readonly #groups = new Int32Array(mostLevels)
  readonly #masks = new Int32Array(mostLevels * mostGroups)
  readonly #sizes = new Float64Array(mostLevels * mostGroups)
  readonly #holders = new Int32Array(mostLevels + 1)
  readonly #bigVolumes: bigint[] = []
  readonly #volumes = new Float64Array(mostLevels + 1)
  /** Packets below the first exact level, by {@link Pair}. */
  readonly #found = new Float64Array(pairs)
  readonly #bounds = new Float64Array(2 * fewRules)
  readonly #toggles = new Int32Array(2 * fewRules)

  constructor(live: LiveRules) {
    this.#live = live
  }

  /**
   * Of the rules that matter in the region of {@link LiveRules}, as they were settled.
   * @param dims ranges, and flags, that some of them cut; of others it counts one number
   */
  count(dims: readonly number[]): void {
    const live = this.#live
    const { from, to, endA, endB } = live
    this.#ofA = this.#ofB = 0
    this.#withAction.fill(0)
    this.#endA = endA
    this.#endB = endB
    for (let at = from; at < to; at++) {
      const bit = 1 << (at - from)
      const sides = live.sides(at)
      const action = live.action(at)
      if (sides & sideA) this.#ofA |= bit
      if (sides & sideB) this.#ofB |= bit
      this.#actions[at - from] = action
      this.#withAction[action] = (this.#withAction[action] as number) | bit
    }
    this.#holders[dims.length] = -1
    this.#volumes[dims.length] = 1
    this.#bigVolumes[dims.length] = 1n
    let exact = dims.length
    for (let level = dims.length - 1; level >= 0; level--) {
      const dim = dims[level] as number
      if (dim === live.flags) this.#groupFlags(level, from, to)
      else this.#groupRange(level, dim, from, to)
      this.#holders[level] = (this.#holders[level] as number) & (this.#holders[level + 1] as number)
      this.#volumes[level] = (this.#volumes[level + 1] as number) * live.sizeOf(dim)
      this.#bigVolumes[level] = (this.#bigVolumes[level + 1] as bigint) * BigInt(live.sizeOf(dim))
      if ((this.#volumes[level] as number) <= Number.MAX_SAFE_INTEGER) exact = level
    }
    this.packets.fill(0n)
    this.#outer(0, exact, -1, 1n)
  }

  /** Levels whose numbers may be too many to be counted exactly but by bigints. */
  #outer(level: number, exact: number, mask: number, weight: bigint): void {
    const pair = this.#decided(level, mask)
    if (pair === same) return
    if (pair !== open) return this.#add(pair, weight * (this.#bigVolumes[level] as bigint))
    if (level === exact) {
      const found = this.#found.fill(0)
      this.#inner(level, mask, 1)
      for (let each = 0; each < pairs; each++)
        if (found[each] !== 0) this.#add(each, weight * BigInt(found[each] as number))
      return
    }
    const base = level * mostGroups
    const stop = base + (this.#groups[level] as number)
    for (let at = base; at < stop; at++)
      this.#outer(
        level + 1,
        exact,
        mask & (this.#masks[at] as number),
        weight * BigInt(this.#sizes[at] as number),
      )
  }

  #add(pair: Pair, packets: bigint): void {
    this.packets[pair] = (this.packets[pair] as bigint) + packets
  }

  /** An undecided level: {@link #found} grows by what is decided below. */
  #inner(level: number, mask: number, weight: number): void {
    const [masks, sizes, found] = [this.#masks, this.#sizes, this.#found]
    const base = level * mostGroups
    const stop = base + (this.#groups[level] as number)
    const volume = weight * (this.#volumes[level + 1] as number)
    for (let at = base; at < stop; at++) {
      const below = mask & (masks[at] as number)
      const pair = this.#decided(level + 1, below)
      if (pair === open) this.#inner(level + 1, below, weight * (sizes[at] as number))
      else if (pair !== same) found[pair] = (found[pair] as number) + volume * (sizes[at] as number)
    }
  }

  /** What is said of all packets of a level that meet certain rules: a pair, or that both lists do the same, or that it is open yet. */
  #decided(level: number, mask: number): Pair | typeof same | typeof open {
    const holders = this.#holders[level] as number
    let [ofA, ofB] = [mask & this.#ofA, mask & this.#ofB]
    let [endA, endB] = [this.#endA, this.#endB]
    let first = ofA & holders
    if (first !== 0) {
      first &= -first
      endA = this.#actions[31 - Math.clz32(first)] as number
      ofA &= first - 1
    }
    if ((ofA & ~(this.#withAction[endA] as number)) !== 0) return open
    first = ofB & holders
    if (first !== 0) {
      first &= -first
      endB = this.#actions[31 - Math.clz32(first)] as number
      ofB &= first - 1
    }
    if ((ofB & ~(this.#withAction[endB] as number)) !== 0) return open
    return endA === endB ? same : pairOf(endA, endB)
  }

  #groupRange(level: number, dim: number, from: number, to: number): void {
    const live = this.#live
    const [low, high] = [live.region[2 * dim] as number, live.region[2 * dim + 1] as number]
    const [bounds, toggles] = [this.#bounds, this.#toggles]
    let [length, mask, holders] = [0, 0, 0]
    const put = (bound: number, bit: number): void => {
      let at = length++
      for (; at > 0 && (bounds[at - 1] as number) > bound; at--) {
        bounds[at] = bounds[at - 1] as number
        toggles[at] = toggles[at - 1] as number
      }
      bounds[at] = bound
      toggles[at] = bit
    }
    for (let at = from; at < to; at++) {
      const bit = 1 << (at - from)
      if (!live.cuts(at, dim)) {
        holders |= bit
        continue
      }
      const place = live.place(at) + 2 * dim
      const [first, last] = [live.rows[place] as number, live.rows[place + 1] as number]
      if (first > low) put(first, bit)
      else mask |= bit
      if (last < high) put(last + 1, bit)
    }
    mask |= holders
    this.#holders[level] = holders
    this.#groups[level] = 0
    let next = low
    for (let at = 0; at < length; at++) {
      const bound = bounds[at] as number
      if (bound > next) this.#group(level, mask, bound - next)
      next = bound
      mask ^= toggles[at] as number
    }
    this.#group(level, mask, high + 1 - next)
  }

  #groupFlags(level: number, from: number, to: number): void {
    const live = this.#live
    const place = 2 * live.flags
    let [asked, holders] = [0, 0]
    for (let at = from; at < to; at++)
      if (live.cuts(at, live.flags)) asked |= live.rows[live.place(at) + place] as number
      else holders |= 1 << (at - from)
    asked &= ~(live.region[place] as number)
    this.#holders[level] = holders
    this.#groups[level] = 0
    const each = live.sizeOf(live.flags) / 2 ** bitsOf(asked)
    let value = 0
    do {
      let mask = holders
      for (let at = from; at < to; at++) {
        if (!live.cuts(at, live.flags)) continue
        const base = live.place(at) + place
        if (((live.rows[base] as number) & asked & ((live.rows[base + 1] as number) ^ value)) === 0)
          mask |= 1 << (at - from)
      }
      this.#group(level, mask, each)
      value = (value - asked) & asked
    } while (value !== 0)
  }

  #group(level: number, mask: number, size: number): void {
    const base = level * mostGroups
    const stop = base + (this.#groups[level] as number)
    for (let at = base; at < stop; at++)
      if (this.#masks[at] === mask) {
        this.#sizes[at] = (this.#sizes[at] as number) + size
        return
      }
    this.#masks[stop] = mask
    this.#sizes[stop] = size
    this.#groups[level] = stop - base + 1
  }
}
