/** What becomes of packets that come to a rule if it is not there: whether it makes a difference. */
import { isAudited, isDefaultAudited, type Point, type Rule } from '../../policy/index.ts'
import { constant, type Diagram } from '../diagram/index.ts'
import { needingFlow, type PacketSets } from '../packets/index.ts'
import { mostNodes } from './regions.ts'

/** Values of a fate. What comes after a translation is not looked at: nothing is said of it but that it goes there. */
const [denied, allowed, translated] = [1, 2, 3]

export interface Fate {
  /** What becomes of packets by the rule itself. */
  readonly own: Diagram
  /** What became of them if it were not there. */
  readonly without: Diagram
}

/** Of each rule of the rule tiers that has a say; those in audit mode have none. `undefined` if the point is too intricate. */
export function fatesOf(sets: PacketSets, point: Point): ReadonlyMap<Rule, Fate> | undefined {
  const fates = new Map<Rule, Fate>()
  const most = sets.size + mostNodes
  let next: Diagram = constant(isDefaultAudited(point) ? allowed : denied)
  for (const tier of point.tiers.toReversed()) {
    if (tier.kind === 'translation') next = constant(translated)
    if (tier.kind === 'flow') next = sets.override<Diagram>(sets.valued(needingFlow(sets), denied), next)
    if (tier.kind === 'grants' && !isAudited(tier, tier.noGrant))
      next = sets.override<Diagram>(sets.valued(sets.match(tier.match), denied), next)
    if (tier.kind !== 'rules') continue
    let rest = next
    for (const rule of tier.rules.toReversed()) {
      if (isAudited(tier, rule)) continue
      if (sets.size > most) return undefined
      const matched = sets.match(rule.match)
      const own: Diagram =
        rule.action === 'next'
          ? sets.mask(matched, next)
          : sets.valued(matched, rule.action === 'allow' ? allowed : denied)
      fates.set(rule, { own, without: rest })
      rest = matched === sets.none ? rest : sets.override<Diagram>(own, rest)
    }
    next = rest
  }
  return fates
}
