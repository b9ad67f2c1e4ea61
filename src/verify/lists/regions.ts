/** Where two lists may differ: what lies in the rows of rules that only one of them has. */
import { domain } from './domain.ts'
import { meets, narrow, split } from './row.ts'
import type { MergedLists, Sequence } from './sequence.ts'

/** With more changed rows than this everything is looked at, rather than what lies in each of them. */
const fewChanged = 24

/** Rows without overlap outside which the lists do not differ, and what the lists ask there. */
export interface Regions {
  readonly regions: readonly Uint32Array[]
  readonly sequence: Sequence
}

export function regionsOf(lists: MergedLists): Regions | undefined {
  const changed = [...new Set(lists.changedRows())]
  if (changed.length === 0) return undefined
  const { layout, rows } = lists.table
  if (changed.length > fewChanged)
    return { regions: domain[lists.family], sequence: lists.sequence(() => true) }
  const regions = changed.flatMap((row, index) => parts(lists, row, changed.slice(0, index)))
  const sequence = lists.sequence((row) =>
    regions.some((region) => meets(layout, region, rows, row * layout.stride)),
  )
  return { regions, sequence }
}

/** The packets of a row that are in none of some others. */
function parts(
  { family, table }: MergedLists,
  number: number,
  others: readonly number[],
): readonly Uint32Array[] {
  const { layout, rows } = table
  let open: Uint32Array[] = domain[family].flatMap((whole) => {
    const region = whole.slice()
    return narrow(layout, region, rows, number * layout.stride) ? [region] : []
  })
  for (const other of others) {
    const base = other * layout.stride
    open = open.flatMap((region) => {
      if (!meets(layout, region, rows, base)) return [region]
      const rest: Uint32Array[] = []
      split(layout, region, rows, base, (piece) => rest.push(piece.slice()))
      return rest
    })
  }
  return open
}
