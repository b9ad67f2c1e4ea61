/** Audit mode: which denials only count and report. See `Rule.audit`. */
import type { GrantsTier, LimitTier, Point, RuleTier, Tier } from './point.ts'
import type { Rule } from './rule.ts'

/** Whether a tier's denials can be in audit mode: those after which there is a further tier to ask. */
export const isAuditable = (tier: Tier): tier is RuleTier | GrantsTier | LimitTier =>
  tier.kind === 'rules' || tier.kind === 'grants' || tier.kind === 'limit'

/** Whether a rule of a tier lets pass what it would deny. */
export const isAudited = (tier: Pick<RuleTier, 'audit'>, rule: Rule): boolean =>
  rule.action === 'deny' && (rule.audit ?? tier.audit ?? false)

/** Whether a point allows what no tier decided. */
export const isDefaultAudited = ({ audit, defaultDeny }: Point): boolean =>
  audit ?? defaultDeny.audit ?? false
