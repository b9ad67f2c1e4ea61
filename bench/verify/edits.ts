/** Random edits of a rule list: a rule is removed, inserted from another list, changed to the opposite action, or two are swapped. */
import type { ListRule, RuleList } from '../../src/verify/index.ts'

export const editKinds = ['removed', 'inserted', 'changed', 'two swapped'] as const
export type EditKind = (typeof editKinds)[number]

/** Whole numbers from 0 below `end`, the same in every run. */
export type Random = (end: number) => number

/** Mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed
  return (end) => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end)
  }
}

const opposite = ({ match, action }: ListRule): ListRule => ({
  match,
  action: action === 'allow' ? 'deny' : 'allow',
})

/** The list after one edit at a random place; rules that stay are the same objects. */
export function edited(list: RuleList, kind: EditKind, donor: RuleList, random: Random): RuleList {
  const rules = [...list.rules]
  const [one, two] = [random(rules.length), random(rules.length)]
  if (kind === 'removed') rules.splice(one, 1)
  if (kind === 'inserted') rules.splice(one, 0, opposite(donor.rules[random(donor.rules.length)] as ListRule))
  if (kind === 'changed') rules[one] = opposite(rules[one] as ListRule)
  if (kind === 'two swapped') [rules[one], rules[two]] = [rules[two] as ListRule, rules[one] as ListRule]
  return { ...list, rules }
}
