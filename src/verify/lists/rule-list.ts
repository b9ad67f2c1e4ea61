/** Ordered rule lists: the first rule that matches a packet decides about it; what none matches is the list's default. */
import type { Rule } from '../../policy/index.ts'

/** What of a rule says what it does. */
export type ListRule = Pick<Rule, 'match' | 'action'>

/** Lists are values: whoever changes one makes another. Rules that stay may, but need not, be the same objects in both. */
export interface RuleList {
  readonly rules: readonly ListRule[]
  readonly default: Rule['action']
}
