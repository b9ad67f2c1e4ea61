/** Parts that say the same in two networks, as one object: what is known of the one is known of the other. */
import type { Point } from './point.ts'
import type { Policy } from './policy.ts'
import type { Sameness } from './sameness.ts'

/** The policy with each point, or tier, that says the same as that of `known` replaced by that. Where it was written is then that of `known`. */
export function withKnownPoints(policy: Policy, known: Policy, sameness: Sameness): Policy {
  const points = new Map(known.points.map((point) => [point.id, point]))
  return {
    points: policy.points.map((point) => {
      const other = points.get(point.id)
      if (!other) return point
      return sameness.same(point, other) ? other : withKnownTiers(point, other, sameness)
    }),
  }
}

function withKnownTiers(point: Point, other: Point, sameness: Sameness): Point {
  const tiers = point.tiers.map((tier) => {
    const known = other.tiers.find(({ name }) => name === tier.name)
    return known && sameness.same(tier, known) ? known : tier
  })
  return { ...point, tiers }
}
