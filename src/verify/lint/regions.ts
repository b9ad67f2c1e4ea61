/**
 * What each rule of a point really does: of the packets that it matches, those that come to it, since no earlier rule has taken them. A translation or a
 * temporary grant, whose meaning is more than a match, is taken to leave everything to later rules.
 */
import { flowRules, isAudited, type Point, type Rule, type RulePlace, rulesOf } from '../../policy/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { needingFlow, type PacketSets } from '../packets/index.ts'

export interface Region {
  readonly place: RulePlace
  /** Whether it stands in a tier of rules; else in one that Glacis itself makes. */
  readonly listed: boolean
  /** All packets that it matches. */
  readonly matched: DiagramSet
  /** Of these, such as the point is asked about. */
  readonly inScope: DiagramSet
  /** Of these, such as come to it: it decides about them, or leaves them to the next tier. */
  readonly hit: DiagramSet
  /** Whether packets that come to it go no further in its tier; in audit mode they do. */
  readonly takes: boolean
}

/** Nodes beyond which a point is given up as too intricate. */
export const mostNodes = 3_000_000

export class Regions {
  readonly #sets: PacketSets
  readonly #points = new WeakMap<Point, readonly Region[]>()

  constructor(sets: PacketSets) {
    this.#sets = sets
  }

  /** Of the flow tier and of all rule tiers, in order; `undefined` if the point is too intricate. */
  of(point: Point): readonly Region[] | undefined {
    const known = this.#points.get(point)
    if (known) return known
    const made = this.#regions(point)
    if (made) this.#points.set(point, made)
    return made
  }

  #regions(point: Point): readonly Region[] | undefined {
    const sets = this.#sets
    const places = new Map(rulesOf(point).map((place) => [place.rule, place]))
    const scope = sets.mask(sets.all, point.scope ? sets.match(point.scope) : sets.all)
    const most = sets.size + mostNodes
    const regions: Region[] = []
    const put = (rule: Rule, region: Omit<Region, 'place'>): void => {
      const place = places.get(rule)
      if (place) regions.push({ place, ...region })
    }
    let coming = scope
    for (const tier of point.tiers) {
      if (tier.kind === 'flow') {
        const stray = needingFlow(sets)
        const hit = sets.mask(coming, stray)
        if (flowRules(tier).includes(tier.noFlow))
          put(tier.noFlow, { listed: false, matched: stray, inScope: stray, hit, takes: true })
        coming = sets.without(coming, stray)
      }
      if (tier.kind !== 'rules') continue
      const onward: DiagramSet[] = []
      for (const rule of tier.rules) {
        if (sets.size > most) return undefined
        const matched = sets.mask(sets.all, sets.match(rule.match))
        const hit = sets.mask(coming, matched)
        const takes = !isAudited(tier, rule)
        put(rule, { listed: true, matched, inScope: sets.mask(scope, matched), hit, takes })
        if (!takes) continue
        coming = sets.without(coming, hit)
        if (rule.action === 'next') onward.push(hit)
      }
      coming = sets.union([coming, ...onward])
    }
    return regions
  }
}
