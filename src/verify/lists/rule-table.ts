/** What is known of rules, for comparisons of lists that share some: their rows, and which do the same. */
import type { Family } from '../../net/index.ts'
import { layouts } from './layout.ts'
import { RowTable } from './row-table.ts'
import type { ListRule, RuleList } from './rule-list.ts'

export const actions = ['allow', 'deny', 'next'] as const

/** An action as a small number. */
export const actionNumber = (action: ListRule['action']): number => actions.indexOf(action)

/** The rows of a list's rules, one rule after the other. */
export interface ListRows {
  readonly numbers: Int32Array
  /** Where the rows of a rule begin; they end where those of the next begin. */
  readonly starts: Int32Array
}

/** Versions of a list should be compared with the same table: then only what is new in one is read. */
export class RuleTable {
  readonly rows: Readonly<Record<Family, RowTable>> = {
    4: new RowTable(layouts[4]),
    6: new RowTable(layouts[6]),
  }
  readonly #keys = new Map<string, number>()
  readonly #lists: Readonly<Record<Family, WeakMap<RuleList, ListRows>>> = {
    4: new WeakMap(),
    6: new WeakMap(),
  }

  /** Whether {@link rowsOf} has the list's rows at hand. */
  has(list: RuleList): boolean {
    return this.#lists[4].has(list)
  }

  rowsOf(list: RuleList, family: Family): ListRows {
    let rows = this.#lists[family].get(list)
    if (!rows) {
      const starts = new Int32Array(list.rules.length + 1)
      const numbers: number[] = []
      list.rules.forEach(({ match }, at) => {
        for (const number of this.rows[family].numbersOf(match)) numbers.push(number)
        starts[at + 1] = numbers.length
      })
      rows = { numbers: Int32Array.from(numbers), starts }
      this.#lists[family].set(list, rows)
    }
    return rows
  }

  /** Rules with the same number do the same to the same packets. */
  readonly keyOf = ({ match, action }: ListRule): number => {
    const [four, six] = [this.rows[4].numbersOf(match), this.rows[6].numbersOf(match)]
    // Most rules have one row: its number tells it. Other keys are negative.
    if (four.length + six.length === 1)
      return ((four[0] ?? (six[0] as number)) * 4 + actionNumber(action)) * 2 + six.length
    const text = `${action} ${four.join()} ${six.join()}`
    const key = this.#keys.get(text) ?? -1 - this.#keys.size
    this.#keys.set(text, key)
    return key
  }
}
