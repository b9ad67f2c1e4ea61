/**
 * What two rule lists say differently: exactly the well-formed packets to which they do different things, each in one box, with the rule of
 * either list that decides. Boxes are made while they are asked for; the first one is the witness.
 */

import { align } from './alignment.ts'
import type { Box } from './box.ts'
import { boxOfRow } from './layout.ts'
import { regionsOf } from './regions.ts'
import type { RuleList } from './rule-list.ts'
import { RuleTable } from './rule-table.ts'
import { MergedLists } from './sequence.ts'
import { Splitting } from './splitting.ts'

/** Packets that the first list treats in one way and the second in another. */
export interface Difference {
  readonly box: Box
  /** Index of the rule of the first list that decides about all of them; `undefined`: its default. */
  readonly a: number | undefined
  readonly b: number | undefined
}

export interface DifferenceOptions {
  /** What is known of rules. Standard: nothing. */
  readonly table?: RuleTable
  /** With more rules than this a region is halved. It changes the boxes, never which packets they hold. */
  readonly halvedAbove?: number
}

/** Says lazily what two lists do differently. Costs least where both are versions of one list and are compared with the same table. */
export function* differenceOf(
  a: RuleList,
  b: RuleList,
  options: DifferenceOptions = {},
): Generator<Difference, void> {
  for (const splitting of splittingsOf(a, b, options))
    for (let region = splitting.next(); region; region = splitting.next()) {
      const { sequence, decidedA, decidedB } = splitting
      yield {
        box: boxOfRow(sequence.table.layout, region),
        a: indexOf(sequence.ruleA[decidedA]),
        b: indexOf(sequence.ruleB[decidedB]),
      }
    }
}

/** How many boxes {@link differenceOf} would say, without making them. */
export function countDifferences(a: RuleList, b: RuleList, options: DifferenceOptions = {}): number {
  let count = 0
  for (const splitting of splittingsOf(a, b, options)) while (splitting.next()) count++
  return count
}

/** For each family that may have differences. */
function* splittingsOf(
  a: RuleList,
  b: RuleList,
  { table = new RuleTable(), halvedAbove }: DifferenceOptions,
): Generator<Splitting, void> {
  const alignment = align(a.rules, b.rules, table.keyOf)
  if (alignment.inA.length === 0 && a.default === b.default) return
  for (const family of [4, 6] as const) {
    const found = regionsOf(new MergedLists(family, a, b, alignment, table))
    if (found) yield new Splitting(found.sequence, found.regions, halvedAbove)
  }
}

const indexOf = (rule: number | undefined): number | undefined =>
  rule === undefined || rule < 0 ? undefined : rule
