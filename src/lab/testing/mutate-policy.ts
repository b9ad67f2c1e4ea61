/** Policies with a fault put in on purpose, for negative controls. */
import type { Policy, Rule } from '../../policy/index.ts'
import { withTiers } from '../../policy/testing/sample.ts'

/** The policy with one rule tier of one point changed. Throws `TypeError` if there is no such tier. */
export function changeTier(
  policy: Policy,
  pointId: string,
  tierName: string,
  change: (rules: readonly Rule[]) => readonly Rule[],
): Policy {
  let changed = false
  const points = withTiers(policy.points, (tier, point) => {
    if (point.id !== pointId || tier.kind !== 'rules' || tier.name !== tierName) return tier
    changed = true
    return { ...tier, rules: change(tier.rules) }
  })
  if (!changed) throw new TypeError(`change policy: ${pointId} has no rule tier ${tierName}`)
  return { points }
}

export const withoutRule = (policy: Policy, point: string, tier: string, id: string): Policy =>
  changeTier(policy, point, tier, (rules) => rules.filter((rule) => rule.id !== id))

/** Adds a rule that allows everything, before all others of the tier. */
export const withHole = (policy: Policy, point: string, tier: string): Policy =>
  changeTier(policy, point, tier, (rules) => [
    {
      id: 'test/hole',
      action: 'allow',
      match: {},
      origin: { kind: 'built-in', name: 'test' },
      why: 'A hole.',
    },
    ...rules,
  ])
