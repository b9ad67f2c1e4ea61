/**
 * Two lists, aligned and merged, as what one family's packets meet: rows in the order in which they are asked, each with the sides it
 * speaks for. The first row of a side that holds a packet decides about it on that side; the last rows are the defaults.
 */
import type { Family } from '../../net/index.ts'
import type { Alignment } from './alignment.ts'
import type { RowTable } from './row-table.ts'
import type { ListRule, RuleList } from './rule-list.ts'
import { actionNumber, type ListRows, type RuleTable } from './rule-table.ts'

/** Bits of {@link Sequence.sides}. */
const [sideA, sideB] = [1, 2] as const
export const bothSides = 3

export interface Sequence {
  readonly table: RowTable
  readonly length: number
  /** Number of the row in the table. */
  readonly row: Int32Array
  readonly sides: Uint8Array
  /** Equal numbers: equal actions. */
  readonly action: Uint8Array
  /** Index of the rule in its list; −1: the default, or a rule of the other side alone. */
  readonly ruleA: Int32Array
  readonly ruleB: Int32Array
}

/** What two lists are for one family. */
export class MergedLists {
  readonly family: Family
  readonly table: RowTable
  readonly a: RuleList
  readonly b: RuleList
  readonly #alignment: Alignment
  /** The list whose rows are at hand, and those. */
  readonly #rowsOfA: boolean
  readonly #listRows: ListRows

  constructor(family: Family, a: RuleList, b: RuleList, alignment: Alignment, rules: RuleTable) {
    this.family = family
    this.a = a
    this.b = b
    this.table = rules.rows[family]
    this.#alignment = alignment
    this.#rowsOfA = rules.has(a) || !rules.has(b)
    this.#listRows = rules.rowsOf(this.#rowsOfA ? a : b, family)
  }

  /** Numbers of the rows of rules that only one side has; those of the defaults, if they differ. */
  changedRows(): readonly number[] {
    const { inA, inB } = this.#alignment
    const found: number[] = []
    for (let at = 0; at < inA.length; at++)
      if ((inA[at] as number) < 0)
        found.push(...this.table.numbersOf((this.b.rules[inB[at] as number] as ListRule).match))
      else if ((inB[at] as number) < 0)
        found.push(...this.table.numbersOf((this.a.rules[inA[at] as number] as ListRule).match))
    if (this.a.default !== this.b.default) found.push(this.table.numberOf(this.table.layout.full))
    return found
  }

  /** @param wanted whether a row meets what is looked at; others are left out */
  sequence(wanted: (row: number) => boolean): Sequence {
    const { inA, inB, prefix, suffix } = this.#alignment
    const row: number[] = []
    const ruleA: number[] = []
    const ruleB: number[] = []
    const place = (number: number, atA: number, atB: number): void => {
      if (!wanted(number)) return
      row.push(number)
      ruleA.push(atA)
      ruleB.push(atB)
    }
    const { numbers, starts } = this.#listRows
    const common = (atA: number, atB: number): void => {
      const at = this.#rowsOfA ? atA : atB
      const stop = starts[at + 1] as number
      for (let next = starts[at] as number; next < stop; next++) place(numbers[next] as number, atA, atB)
    }
    for (let at = 0; at < prefix; at++) common(at, at)
    for (let at = 0; at < inA.length; at++) {
      const [atA, atB] = [inA[at] as number, inB[at] as number]
      if (atA >= 0 && atB >= 0) common(atA, atB)
      else {
        const { match } = (atA >= 0 ? this.a.rules[atA] : this.b.rules[atB]) as ListRule
        for (const number of this.table.numbersOf(match)) place(number, atA, atB)
      }
    }
    const [lengthA, lengthB] = [this.a.rules.length, this.b.rules.length]
    for (let left = suffix; left > 0; left--) common(lengthA - left, lengthB - left)
    return this.#withDefaults(row, ruleA, ruleB)
  }

  #withDefaults(row: number[], ruleA: number[], ruleB: number[]): Sequence {
    const { a, b, table } = this
    const sides: number[] = []
    const action: number[] = []
    for (let at = 0; at < row.length; at++) {
      const [atA, atB] = [ruleA[at] as number, ruleB[at] as number]
      sides.push((atA >= 0 ? sideA : 0) | (atB >= 0 ? sideB : 0))
      action.push(actionNumber(((atA >= 0 ? a.rules[atA] : b.rules[atB]) as ListRule).action))
    }
    const full = table.numberOf(table.layout.full)
    for (const side of a.default === b.default ? [bothSides] : [sideA, sideB]) {
      row.push(full)
      ruleA.push(-1)
      ruleB.push(-1)
      sides.push(side)
      action.push(actionNumber(side === sideB ? b.default : a.default))
    }
    return {
      table,
      length: row.length,
      row: Int32Array.from(row),
      sides: Uint8Array.from(sides),
      action: Uint8Array.from(action),
      ruleA: Int32Array.from(ruleA),
      ruleB: Int32Array.from(ruleB),
    }
  }
}
