/** Rules that can never decide, since earlier rules of their point take every packet that they match. Exact for the rules of rule tiers. */
import type { Point, RulePlace } from '../../policy/index.ts'
import { PacketSets } from '../packets/index.ts'
import { type Region, Regions } from './regions.ts'

export interface Shadowed {
  readonly place: RulePlace
  /** Rules that decide about packets which it matches, in the order in which they are asked; none if it matches no packet here. */
  readonly by: readonly RulePlace[]
  /** In words: `covered`, or why there is no packet for it. */
  readonly reason: 'covered' | 'matches nothing' | 'outside the scope of its point'
}

/** Of several points. A point that is too intricate has none. */
export function shadowedRules(points: readonly Point[]): readonly Shadowed[] {
  const sets = new PacketSets()
  const regions = new Regions(sets)
  return points.flatMap((point) => shadowedAmong(sets, regions.of(point) ?? []))
}

/** @param regions of one point */
export const shadowedAmong = (sets: PacketSets, regions: readonly Region[]): readonly Shadowed[] =>
  regions.flatMap((region, index): Shadowed[] => {
    if (!region.listed || region.hit !== sets.none) return []
    const { place, matched, inScope } = region
    if (matched === sets.none) return [{ place, by: [], reason: 'matches nothing' }]
    if (inScope === sets.none) return [{ place, by: [], reason: 'outside the scope of its point' }]
    const by = regions
      .slice(0, index)
      .filter((other) => other.takes && other.place.rule.action !== 'next')
      .filter((other) => sets.mask(inScope, other.hit) !== sets.none)
    return [{ place, by: by.map((other) => other.place), reason: 'covered' }]
  })
