/**
 * Rows of one family, each once, in one flat array: equal boxes of different rules, lists and versions of a list have the same
 * number. Matches that were asked about are remembered, so that of a list that was edited only what is new is read.
 */
import type { Match } from '../../policy/index.ts'
import { type Layout, rowsOf } from './layout.ts'

const none: readonly number[] = []

export class RowTable {
  readonly layout: Layout
  /** All rows, one after the other. Another array after rows were added. */
  rows: Uint32Array
  #size = 0
  #table = new Int32Array(4096)
  readonly #matches = new WeakMap<Match, readonly number[]>()

  constructor(layout: Layout) {
    this.layout = layout
    this.rows = new Uint32Array(1024 * layout.stride)
  }

  /** Numbers of the rows of a match. */
  numbersOf(match: Match): readonly number[] {
    if (match.family !== undefined && match.family !== this.layout.family) return none
    let numbers = this.#matches.get(match)
    if (!numbers) {
      numbers = rowsOf(this.layout, match).map((row) => this.numberOf(row))
      this.#matches.set(match, numbers)
    }
    return numbers
  }

  numberOf(row: Uint32Array): number {
    const mask = this.#table.length - 1
    let at = hash(row) & mask
    for (;;) {
      const found = (this.#table[at] as number) - 1
      if (found < 0) break
      if (this.#is(found, row)) return found
      at = (at + 1) & mask
    }
    const { stride } = this.layout
    const number = this.#size++
    if (this.#size * stride > this.rows.length) {
      const larger = new Uint32Array(this.rows.length * 2)
      larger.set(this.rows)
      this.rows = larger
    }
    this.rows.set(row, number * stride)
    this.#table[at] = number + 1
    if (this.#size * 2 > this.#table.length) this.#grow()
    return number
  }

  #is(number: number, row: Uint32Array): boolean {
    const base = number * row.length
    for (let at = 0; at < row.length; at++) if (this.rows[base + at] !== row[at]) return false
    return true
  }

  #grow(): void {
    const { stride } = this.layout
    const table = new Int32Array(this.#table.length * 2)
    const mask = table.length - 1
    for (let number = 0; number < this.#size; number++) {
      let at = hash(this.rows.subarray(number * stride, (number + 1) * stride)) & mask
      while (table[at] !== 0) at = (at + 1) & mask
      table[at] = number + 1
    }
    this.#table = table
  }
}

/** FNV-1a over words, with the high bits mixed into the low ones. */
function hash(row: Uint32Array): number {
  let sum = 0x811c_9dc5
  for (let at = 0; at < row.length; at++) sum = Math.imul(sum ^ (row[at] as number), 0x0100_0193)
  sum ^= sum >>> 15
  sum = Math.imul(sum, 0x85eb_ca6b)
  return sum ^ (sum >>> 13)
}
