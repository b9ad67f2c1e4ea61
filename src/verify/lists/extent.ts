/** How much two rule lists say differently, and where: counted, not box by box, so that lists that have nothing to do with each other can be compared too. */
import type { Box } from './box.ts'
import { Counting, type Limits } from './counting.ts'
import { type Difference, exampleIn, regionsBetween } from './difference.ts'
import { boxOfRow } from './layout.ts'
import { actionsOf, pairs } from './pair.ts'
import { divided, type Part } from './part.ts'
import type { ListRule, RuleList } from './rule-list.ts'
import { RuleTable } from './rule-table.ts'

/** Exactly how many well-formed packets two lists treat differently. */
export interface Extent {
  readonly packets: bigint
  /** By what the first and the second list do to them; only what there is. */
  readonly changes: readonly Change[]
  /** Disjoint, together all that differs, the largest first. */
  readonly regions: readonly Region[]
}

export interface Change {
  readonly a: ListRule['action']
  readonly b: ListRule['action']
  readonly packets: bigint
}

/** Headers of which some, or all, are treated differently. */
export interface Region {
  readonly box: Box
  readonly packets: bigint
  /** Some of them, and the rules that decide. */
  readonly example: Difference
}

export interface ExtentOptions {
  /** What is known of rules. Standard: nothing. */
  readonly table?: RuleTable
  /** At most so many regions, but one for each protocol and family in which they differ. Standard: 32. */
  readonly regions?: number
  readonly limits?: Limits
}

/** How much two lists do differently: seconds for two of 10,000 rules each. */
export function extentOf(
  a: RuleList,
  b: RuleList,
  { table = new RuleTable(), regions: most = 32, limits }: ExtentOptions = {},
): Extent {
  const packets: bigint[] = Array(pairs).fill(0n)
  const parts: Part[] = []
  for (const { sequence, regions } of regionsBetween(a, b, table)) {
    const counting = new Counting(sequence, limits)
    for (const region of regions) {
      const part = counting.count(region)
      if (part) parts.push(part)
    }
    counting.packets.forEach((found, pair) => {
      packets[pair] = (packets[pair] as bigint) + found
    })
  }
  return {
    packets: sumOf(packets),
    changes: packets.flatMap((found, pair) => (found === 0n ? [] : [{ ...actionsOf(pair), packets: found }])),
    regions: divided(parts, most).map(({ sequence, region, packets }) => ({
      box: boxOfRow(sequence.table.layout, region),
      packets,
      example: exampleIn(sequence, region) as Difference,
    })),
  }
}

const sumOf = (numbers: readonly bigint[]): bigint => numbers.reduce((sum, each) => sum + each, 0n)
