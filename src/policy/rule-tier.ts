/** A rule tier's answer. */

import type { IpHeaders } from '../wire/index.ts'
import { isAudited } from './audit.ts'
import { matches } from './match.ts'
import type { RuleTier } from './point.ts'
import type { Rule } from './rule.ts'

/**
 * The first rule that matches and is not in audit mode; `undefined`: none does, the next tier is asked.
 * @param audited is told of rules in audit mode that matched before it
 */
export const firstMatch = (
  tier: RuleTier,
  packet: IpHeaders,
  audited: (rule: Rule) => void,
): Rule | undefined =>
  tier.rules.find((rule) => {
    if (!matches(rule.match, packet)) return false
    if (!isAudited(tier, rule)) return true
    audited(rule)
    return false
  })
