/**
 * The rules of two lists that still matter in a region, on a stack: each with the sides it speaks for and the dimensions in which it does not
 * hold all of the region. When the region is narrowed in one dimension only that one is looked at.
 */
import type { Layout } from './layout.ts'
import { bitsOf } from './row.ts'
import { bothSides, type Sequence } from './sequence.ts'

export class LiveRules {
  readonly layout: Layout
  readonly rows: Uint32Array
  /** Number of the dimension of TCP flags; lower ones are ranges. */
  readonly flags: number
  /** The region that is looked at. Whoever writes to it narrows the rules. */
  readonly region: Uint32Array
  readonly #sequence: Sequence
  /** Place in the sequence × 4 + sides. */
  #rules: Int32Array
  /** Bit n: dimension n. */
  #cut: Int32Array
  /** After {@link settle}: the rules that matter and what the sides do where none of these holds. */
  from = 0
  to = 0
  endA = -1
  endB = -1

  constructor(sequence: Sequence) {
    const { layout, rows } = sequence.table
    this.layout = layout
    this.rows = rows
    this.flags = layout.ranges
    this.region = layout.full.slice()
    this.#sequence = sequence
    this.#rules = new Int32Array(4 * sequence.length + 1024)
    this.#cut = new Int32Array(4 * sequence.length + 1024)
  }

  sides(at: number): number {
    return (this.#rules[at] as number) & bothSides
  }

  action(at: number): number {
    return this.#sequence.action[(this.#rules[at] as number) >> 2] as number
  }

  /** Whether a rule does not hold all of the region in a dimension. */
  cuts(at: number, dim: number): boolean {
    return (((this.#cut[at] as number) >> dim) & 1) === 1
  }

  /** Where the row of a rule begins. */
  place(at: number): number {
    return (this.#sequence.row[(this.#rules[at] as number) >> 2] as number) * this.layout.stride
  }

  /** Numbers of the region in a dimension. */
  sizeOf(dim: number): number {
    const [first, last] = [this.region[2 * dim] as number, this.region[2 * dim + 1] as number]
    return dim === this.flags ? 2 ** (8 - bitsOf(first)) : last - first + 1
  }

  /** All rules of the sequence that meet a region. Returns where they end; they begin at 0. */
  enter(region: Uint32Array): number {
    this.region.set(region)
    const { length, sides } = this.#sequence
    for (let at = 0; at < length; at++) {
      this.#rules[at] = 4 * at + (sides[at] as number)
      this.#cut[at] = (2 << this.flags) - 1
    }
    let to = length
    for (let dim = 0; dim <= this.flags; dim++) to = this.#narrowed(0, to, 0, dim)
    return to
  }

  /** Copies those of some rules that meet the region, which was narrowed in one dimension. They begin at `to`; returns where they end. */
  narrow(from: number, to: number, dim: number): number {
    if (2 * to - from > this.#rules.length) this.#grow()
    return this.#narrowed(from, to, to, dim)
  }

  #narrowed(from: number, to: number, target: number, dim: number): number {
    const { rows, flags } = this
    const [rules, cut, row] = [this.#rules, this.#cut, this.#sequence.row]
    const { stride } = this.layout
    const bit = 1 << dim
    const [low, high] = [this.region[2 * dim] as number, this.region[2 * dim + 1] as number]
    let end = target
    for (let at = from; at < to; at++) {
      const rule = rules[at] as number
      let left = cut[at] as number
      if ((left & bit) !== 0) {
        const base = (row[rule >> 2] as number) * stride + 2 * dim
        const [first, last] = [rows[base] as number, rows[base + 1] as number]
        if (dim === flags) {
          if ((low & first & (high ^ last)) !== 0) continue
          if ((first & ~low) === 0) left &= ~bit
        } else {
          if (first > high || last < low) continue
          if (first <= low && last >= high) left &= ~bit
        }
      }
      rules[end] = rule
      cut[end++] = left
    }
    return end
  }

  /**
   * Leaves of some rules those that matter, from {@link from} to {@link to}: not those behind a rule that holds all of the region, nor
   * those that say what would hold without them.
   * @param endA what the sides do where no rule holds
   */
  settle(from: number, to: number, endA: number, endB: number): void {
    const [rules, cut, actions] = [this.#rules, this.#cut, this.#sequence.action]
    let [a, b, open, kept] = [endA, endB, bothSides as number, from]
    for (let at = from; at < to && open !== 0; at++) {
      const rule = rules[at] as number
      const speaks = rule & open
      if (speaks === 0) continue
      if (cut[at] === 0) {
        const action = actions[rule >> 2] as number
        if (speaks & 1) a = action
        if (speaks & 2) b = action
        open &= ~speaks
      } else {
        rules[kept] = (rule & ~bothSides) | speaks
        cut[kept++] = cut[at] as number
      }
    }
    let start = kept
    let needed = 0
    for (let at = kept - 1; at >= from; at--) {
      const rule = rules[at] as number
      const action = actions[rule >> 2] as number
      const sides = rule & bothSides
      needed |= sides & ((action === a ? 0 : 1) | (action === b ? 0 : 2))
      if ((sides & needed) === 0) continue
      rules[--start] = (rule & ~bothSides) | (sides & needed)
      cut[start] = cut[at] as number
    }
    this.from = start
    this.to = kept
    this.endA = a
    this.endB = b
  }

  /** Whether of the settled rules each speaks for both sides. */
  agree(): boolean {
    for (let at = this.from; at < this.to; at++) if (this.sides(at) !== bothSides) return false
    return true
  }

  /** The most even number between the first and the last one at which a rule begins, or has ended. A rule must cut the range. */
  evenCut(from: number, to: number, dim: number): number {
    const { region, rows } = this
    const [low, high] = [region[2 * dim] as number, region[2 * dim + 1] as number]
    let [first, last] = [high, low]
    for (let at = from; at < to; at++) {
      if (!this.cuts(at, dim)) continue
      const base = this.place(at) + 2 * dim
      const [begins, ended] = [rows[base] as number, (rows[base + 1] as number) + 1]
      if (begins > low) {
        if (begins < first) first = begins
        if (begins > last) last = begins
      }
      if (ended <= high) {
        if (ended < first) first = ended
        if (ended > last) last = ended
      }
    }
    const shift = 31 - Math.clz32((first - 1) ^ last)
    return ((last >>> shift) << shift) >>> 0
  }

  /** A bit of the TCP flags that some rule asks about and the region has not fixed; 0: there is none. */
  flagAsked(from: number, to: number): number {
    for (let at = from; at < to; at++)
      if (this.cuts(at, this.flags)) {
        const asked =
          (this.rows[this.place(at) + 2 * this.flags] as number) & ~(this.region[2 * this.flags] as number)
        return asked & -asked
      }
    return 0
  }

  #grow(): void {
    const larger = (old: Int32Array): Int32Array => {
      const copy = new Int32Array(2 * old.length)
      copy.set(old)
      return copy
    }
    this.#rules = larger(this.#rules)
    this.#cut = larger(this.#cut)
  }
}
