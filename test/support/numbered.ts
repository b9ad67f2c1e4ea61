/** Decisions of the evaluator in the numbers of the prover. */
import { type Decision, type Point, rulesOf } from '../../src/policy/index.ts'

const places = new WeakMap<Point, ReadonlyMap<string, number>>()

const key = (tier: string, rule: { readonly id: string }): string => `${tier} ${rule.id}`

/** The number of the rule in `rulesOf`, plus one; 0: the point was not asked. */
export function numberOf(point: Point, decision: Decision): number {
  if (decision.verdict === 'pass-by') return 0
  let numbers = places.get(point)
  if (!numbers) {
    numbers = new Map(rulesOf(point).map(({ tier, rule }, index) => [key(tier, rule), index + 1]))
    places.set(point, numbers)
  }
  return numbers.get(key(decision.tier, decision.rule)) ?? -1
}
