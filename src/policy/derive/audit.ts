/** Puts the tiers that a site's template names into audit mode. Tiers that points share stay shared. */
import type { Site } from '../../model/index.ts'
import { isAuditable } from '../audit.ts'
import type { Point, Tier } from '../point.ts'

export function auditing({ audit }: Site): (points: readonly Point[]) => readonly Point[] {
  if (audit.length === 0) return (points) => points
  const named = new Set(audit.map(({ kind, tier }) => `${kind}/${tier}`))
  const made = new Map<Tier, Tier>()
  const audited = (tier: Tier): Tier => {
    const known = made.get(tier) ?? Object.freeze({ ...tier, audit: true as const })
    made.set(tier, known)
    return known
  }
  return (points) =>
    points.map((point) => ({
      ...point,
      tiers: point.tiers.map((tier) =>
        isAuditable(tier) && named.has(`${point.kind}/${tier.name}`) ? audited(tier) : tier,
      ),
      ...(named.has(`${point.kind}/default`) && { audit: true as const }),
    }))
}
