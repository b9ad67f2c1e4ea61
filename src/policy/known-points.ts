/** Parts that say the same in two networks, as one object: what is known of the one is known of the other. */
import type { Sameness } from '../model/index.ts'
import type { Prefix } from '../net/index.ts'
import type { Point } from './point.ts'
import { matchesOf, type Policy } from './policy.ts'

/** The policy with each point, or tier, that says the same as that of `known` replaced by that. Where it was written is then that of `known`. */
export function withKnownPoints(policy: Policy, known: Policy, sameness: Sameness): Policy {
  const points = new Map(known.points.map((point) => [point.id, point]))
  return { points: policy.points.map((point) => knownAs(point, points.get(point.id), sameness)) }
}

/** A known point, if it says the same as another; or else that one with those of its tiers that do. */
export function knownAs(point: Point, known: Point | undefined, sameness: Sameness): Point {
  if (!known) return point
  return sameness.same(point, known) ? known : withKnownTiers(point, known, sameness)
}

/** A tier that names one of the point's own sets stays, so that it is this very set that it names. */
function withKnownTiers(point: Point, other: Point, sameness: Sameness): Point {
  const { sets = [] } = point
  const isOwn = (list: readonly Prefix[] | undefined) => list !== undefined && sets.includes(list)
  const tiers = point.tiers.map((tier) => {
    if (matchesOf(tier).some(({ source, destination }) => isOwn(source) || isOwn(destination))) return tier
    const known = other.tiers.find(({ name }) => name === tier.name)
    return known && sameness.same(tier, known) ? known : tier
  })
  return { ...point, tiers }
}
