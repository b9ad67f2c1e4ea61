/** Changes of lists of rules: one more rule, asked before all others of its list, about the packets of the question. */
import type { SourceRange } from '../../file/index.ts'
import type { Action, Match, Point, Rule, RuleTier, Tier } from '../../policy/index.ts'
import type { Edit } from './edit.ts'

/** Where a list stands in the points that have it. */
export interface ListPlace {
  readonly tier: string
  /** Where a point has no such tier yet, it is put before the first of these; absent: last. */
  readonly before?: readonly string[]
  /** What the rule says of packets that it lets pass. */
  readonly action: Action
  /** Points that have the list. */
  isAt(point: Point): boolean
}

/** An edit that puts a rule on top of a list. @param matches packets that it is about: one rule for each */
export function listEdit(
  edit: Pick<Edit, 'key' | 'kind' | 'text'> & { readonly at?: SourceRange },
  place: ListPlace,
  matches: readonly Match[],
): Edit {
  const rules = matches.map(
    (match, index): Rule => ({
      id: `change/${index + 1}`,
      action: place.action,
      match,
      origin: { kind: 'built-in', name: 'change' },
      why: 'A change that was asked about.',
    }),
  )
  const made = new Map<Tier, Tier>()
  const alone: RuleTier = { kind: 'rules', name: place.tier, rules }
  const onTop = (tier: RuleTier): Tier => {
    const known = made.get(tier) ?? { ...tier, rules: [...rules, ...tier.rules] }
    made.set(tier, known)
    return known
  }
  const points = new Map<Point, Point>()
  return {
    ...edit,
    point(point) {
      if (!place.isAt(point)) return point
      const known = points.get(point)
      if (known) return known
      const has = point.tiers.some((tier) => tier.kind === 'rules' && tier.name === place.tier)
      const tiers = has
        ? point.tiers.map((tier) => (tier.kind === 'rules' && tier.name === place.tier ? onTop(tier) : tier))
        : inserted(point.tiers, alone, place.before)
      const changed = { ...point, tiers }
      points.set(point, changed)
      return changed
    },
  }
}

function inserted(
  tiers: readonly Tier[],
  tier: Tier,
  before: readonly string[] | undefined,
): readonly Tier[] {
  const at = before ? tiers.findIndex(({ name }) => before.includes(name)) : -1
  return at < 0 ? [...tiers, tier] : [...tiers.slice(0, at), tier, ...tiers.slice(at)]
}
