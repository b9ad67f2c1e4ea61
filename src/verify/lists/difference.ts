/**
 * What two rule lists say differently: exactly the well-formed packets to which they do different things, each in one box, with the rule of
 * either list that decides. Boxes are made while they are asked for; the first one is the witness.
 */

import { align } from './alignment.ts'
import type { Box } from './box.ts'
import { boxOfRow } from './layout.ts'
import { type Regions, regionsOf } from './regions.ts'
import type { RuleList } from './rule-list.ts'
import { RuleTable } from './rule-table.ts'
import { MergedLists, type Sequence } from './sequence.ts'
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
    for (let found = nextOf(splitting); found; found = nextOf(splitting)) yield found
}

/** Some packets of a region that are treated differently; `undefined`: there are none. */
export const exampleIn = (sequence: Sequence, region: Uint32Array): Difference | undefined =>
  nextOf(new Splitting(sequence, [region]))

/** For each family that may have differences: where they may be. */
export function* regionsBetween(a: RuleList, b: RuleList, table: RuleTable): Generator<Regions, void> {
  const alignment = align(a.rules, b.rules, table.keyOf)
  if (alignment.inA.length === 0 && a.default === b.default) return
  for (const family of [4, 6] as const) {
    const found = regionsOf(new MergedLists(family, a, b, alignment, table))
    if (found) yield found
  }
}

function* splittingsOf(
  a: RuleList,
  b: RuleList,
  { table = new RuleTable(), halvedAbove }: DifferenceOptions,
): Generator<Splitting, void> {
  for (const { sequence, regions } of regionsBetween(a, b, table))
    yield new Splitting(sequence, regions, halvedAbove)
}

function nextOf(splitting: Splitting): Difference | undefined {
  const region = splitting.next()
  if (!region) return undefined
  const { sequence, decidedA, decidedB } = splitting
  return {
    box: boxOfRow(sequence.table.layout, region),
    a: indexOf(sequence.ruleA[decidedA]),
    b: indexOf(sequence.ruleB[decidedB]),
  }
}

const indexOf = (rule: number | undefined): number | undefined =>
  rule === undefined || rule < 0 ? undefined : rule
