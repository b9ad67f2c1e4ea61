/**
 * Joint splitting: a region is cut until on both sides one rule decides about all of it. Of the rules only those are carried along that
 * meet the region and are not behind one that decides all of it; regions in which all of these are common, or say the same, are not cut
 * further. Regions are rows on a stack, the rules that meet them indices on another: nothing is allocated for a region.
 */
import { split } from './row.ts'
import { bothSides, type Sequence } from './sequence.ts'

/** With more rules than this a region is halved; with fewer it is cut along one of them. Of 4 to 400, this and 40 make the fewest boxes. */
export const standardHalving = 64
/** So many rules of a region are looked at to choose where it is halved. */
const sampled = 96

export class Splitting {
  readonly sequence: Sequence
  readonly #stride: number
  /** Regions: rows, and for each where the rules that may meet it begin and end. */
  #regions: Uint32Array
  #spans = new Int32Array(512)
  #depth = 0
  #rules: Int32Array
  /** The region that is looked at. */
  readonly #region: Uint32Array
  /** Rules that decide about what {@link next} found. */
  decidedA = -1
  decidedB = -1
  /** Regions that were looked at. */
  visited = 0

  readonly #halvedAbove: number

  /** @param regions rows without overlap; in them differences are looked for */
  constructor(sequence: Sequence, regions: readonly Uint32Array[], halvedAbove = standardHalving) {
    this.#halvedAbove = halvedAbove
    this.sequence = sequence
    this.#stride = sequence.table.layout.stride
    this.#regions = new Uint32Array(256 * this.#stride)
    this.#region = new Uint32Array(this.#stride)
    this.#rules = new Int32Array(2 * sequence.length + 1024)
    for (let at = 0; at < sequence.length; at++) this.#rules[at] = at
    for (const region of regions.toReversed()) this.#push(region, 0, sequence.length)
  }

  /** The next region on which the sides differ, until the next call; `undefined`: there is none any more. */
  next(): Uint32Array | undefined {
    while (this.#depth > 0) {
      this.#depth--
      this.visited++
      const [from, to] = [this.#spans[2 * this.#depth] as number, this.#spans[2 * this.#depth + 1] as number]
      const region = this.#region
      const base = this.#depth * this.#stride
      for (let at = 0; at < this.#stride; at++) region[at] = this.#regions[base + at] as number
      if (this.#look(from, to)) return region
    }
    return undefined
  }

  #push(region: Uint32Array, from: number, to: number): void {
    const depth = this.#depth++
    if ((depth + 1) * this.#stride > this.#regions.length) {
      const larger = new Uint32Array(this.#regions.length * 2)
      larger.set(this.#regions)
      this.#regions = larger
    }
    if (2 * depth + 2 > this.#spans.length) {
      const larger = new Int32Array(this.#spans.length * 2)
      larger.set(this.#spans)
      this.#spans = larger
    }
    this.#regions.set(region, depth * this.#stride)
    this.#spans[2 * depth] = from
    this.#spans[2 * depth + 1] = to
  }

  /** Whether the sides differ on all of the region. Otherwise they differ nowhere in it, or its parts are now on the stack. */
  #look(from: number, to: number): boolean {
    const { sides, action, row, table } = this.sequence
    const { rows } = table
    const stride = this.#stride
    if (this.#rules.length < 2 * to - from) {
      const larger = new Int32Array(2 * (2 * to - from))
      larger.set(this.#rules)
      this.#rules = larger
    }
    const rules = this.#rules
    let kept = to
    let open: number = bothSides
    let oneAction = -1
    let differs = false
    let same = true
    let whole = true
    let wholeChanged = true
    this.decidedA = this.decidedB = -1
    for (let at = from; at < to && open !== 0; at++) {
      const rule = rules[at] as number
      const speaks = (sides[rule] as number) & open
      if (speaks === 0) continue
      const meets = this.#meets(rows, (row[rule] as number) * stride)
      if (meets === 0) continue
      rules[kept++] = rule
      if (oneAction < 0) oneAction = action[rule] as number
      else if (oneAction !== action[rule]) same = false
      if (speaks !== bothSides) differs = true
      if (meets === 2) {
        if (speaks & 1) this.decidedA = rule
        if (speaks & 2) this.decidedB = rule
        open &= ~speaks
      } else {
        whole = false
        if (sides[rule] !== bothSides) wholeChanged = false
      }
    }
    if (same || !differs) return false
    if (whole) return action[this.decidedA] !== action[this.decidedB]
    if (kept - to > this.#halvedAbove && this.#halve(to, kept)) return false
    // Outside of rules that only one side has there may be nothing left to look at.
    const along = this.#largest(to, kept, !wholeChanged)
    const region = this.#region
    split(table.layout, region, rows, (row[along] as number) * stride, (piece) => this.#push(piece, to, kept))
    this.#push(region, to, kept)
    return false
  }

  /**
   * The rule that takes the largest part of the region but not all of it: what is then left is the least, and in the fewest pieces.
   * @param changed of rules that only one side has
   */
  #largest(from: number, to: number, changed: boolean): number {
    const { row, table, sides } = this.sequence
    const { rows } = table
    const region = this.#region
    const end = this.#stride - 2
    let [largest, found] = [-1, -1]
    for (let at = from; at < to; at++) {
      const rule = this.#rules[at] as number
      if (changed && sides[rule] === bothSides) continue
      const base = (row[rule] as number) * this.#stride
      let part = 1
      let all = true
      for (let bound = 0; bound < end; bound += 2) {
        const [first, last] = [region[bound] as number, region[bound + 1] as number]
        const from = Math.max(first, rows[base + bound] as number)
        const to = Math.min(last, rows[base + bound + 1] as number)
        if (to - from === last - first) continue
        all = false
        part *= (to - from + 1) / (last - first + 1)
      }
      for (let bits = (rows[base + end] as number) & ~(region[end] as number); bits !== 0; bits &= bits - 1) {
        all = false
        part /= 2
      }
      if (!all && part > largest) [largest, found] = [part, rule]
    }
    return found
  }

  /** 0: a row shares nothing with the region, 1: something, 2: it holds all of it. */
  #meets(rows: Uint32Array, base: number): 0 | 1 | 2 {
    const region = this.#region
    const end = this.#stride - 2
    let all = true
    for (let at = 0; at < end; at += 2) {
      const first = rows[base + at] as number
      const last = rows[base + at + 1] as number
      const from = region[at] as number
      const to = region[at + 1] as number
      if (first > to || last < from) return 0
      if (first > from || last < to) all = false
    }
    const [mask, value] = [region[end] as number, region[end + 1] as number]
    const wanted = rows[base + end] as number
    if ((mask & wanted & (value ^ (rows[base + end + 1] as number))) !== 0) return 0
    return all && (wanted & ~mask) === 0 ? 2 : 1
  }

  /** Cuts the region in two where that leaves the fewest rules on both sides; false: no range is cut by a rule. */
  #halve(from: number, to: number): boolean {
    const { row, table } = this.sequence
    const { rows, layout } = table
    const region = this.#region
    const step = Math.max(1, Math.floor((to - from) / sampled))
    let [best, bestRange, bestCut] = [Number.POSITIVE_INFINITY, -1, 0]
    const bounds: number[] = []
    for (let range = 0; range < layout.ranges; range++) {
      const [first, last] = [region[2 * range] as number, region[2 * range + 1] as number]
      if (first === last) continue
      const after = layout.after[range] as number
      if (after >= 0 && region[2 * after] !== region[2 * after + 1]) continue
      bounds.length = 0
      for (let at = from; at < to; at += step) {
        const base = (row[this.#rules[at] as number] as number) * this.#stride + 2 * range
        const [low, high] = [rows[base] as number, rows[base + 1] as number]
        if (low > first) bounds.push(low)
        if (high < last) bounds.push(high + 1)
      }
      if (bounds.length === 0) continue
      bounds.sort((x, y) => x - y)
      const cut = bounds[bounds.length >> 1] as number
      let [below, above] = [0, 0]
      for (let at = from; at < to; at += step) {
        const base = (row[this.#rules[at] as number] as number) * this.#stride + 2 * range
        if ((rows[base] as number) < cut) below++
        if ((rows[base + 1] as number) >= cut) above++
      }
      const cost = below + above
      if (cost < best) [best, bestRange, bestCut] = [cost, range, cut]
    }
    if (bestRange < 0) return false
    const last = region[2 * bestRange + 1] as number
    const first = region[2 * bestRange] as number
    region[2 * bestRange] = bestCut
    this.#push(region, from, to)
    region[2 * bestRange] = first
    region[2 * bestRange + 1] = bestCut - 1
    this.#push(region, from, to)
    region[2 * bestRange + 1] = last
    return true
  }
}
