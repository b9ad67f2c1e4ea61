/**
 * Rules that can never decide, since earlier rules of their point take every packet that they match. Exact for the rules of rule tiers,
 * by header boxes; a translation or a temporary grant, whose meaning is more than a match, is taken to leave everything to later rules.
 */
import { icmpOf, Protocol } from '../net/index.ts'
import {
  isAudited,
  openingFlags,
  type Point,
  type Rule,
  type RulePlace,
  type RuleTier,
  rulesOf,
  type Tier,
} from '../policy/index.ts'
import { icmpEcho, icmpErrors } from '../wire/index.ts'
import { type Box, boxesOf, everything, intersect, isExact, subtract } from './box.ts'

export interface Shadowed {
  readonly place: RulePlace
  /** Rules that decide about packets which it matches, in the order in which they are asked; none if it matches no packet here. */
  readonly by: readonly RulePlace[]
  /** In words: `covered`, or why there is no packet for it. */
  readonly reason: 'covered' | 'matches nothing' | 'outside the scope of its point'
}

/** Boxes at a time beyond which a rule is given up as too intricate: it is then not called shadowed. */
const maxBoxes = 20_000

export function shadowedRules(point: Point): readonly Shadowed[] {
  const places = new Map(rulesOf(point).map((place) => [place.rule, place]))
  const compiled = point.tiers.map((tier) => compileTier(tier))
  const scope = point.scope ? boxesOf(point.scope) : ([4, 6] as const).map(everything)
  return point.tiers.flatMap((tier, index) =>
    tier.kind !== 'rules'
      ? []
      : tier.rules.flatMap((rule): Shadowed[] => {
          const place = places.get(rule)
          const found = place && judgeRule(rule, compiled.slice(0, index), compiled[index] as Compiled, scope)
          if (!found) return []
          const by = [...places.values()].filter((other) => found.by.has(other.rule))
          return [{ place, reason: found.reason, by }]
        }),
  )
}

interface CompiledRule {
  readonly rule: Rule
  readonly boxes: readonly Box[]
  /** What becomes of packets that it matches: this tier's last word, on to the next tier, or as if it were not there. */
  readonly effect: 'decides' | 'leaves' | 'none'
}

interface Compiled {
  readonly rules: readonly CompiledRule[]
}

function compileTier(tier: Tier): Compiled {
  if (tier.kind === 'flow') return { rules: [closedToNewFlows(tier.noFlow)] }
  if (tier.kind !== 'rules') return { rules: [] }
  return {
    rules: tier.rules.map((rule) => ({ rule, boxes: boxesOf(rule.match), effect: effectOf(tier, rule) })),
  }
}

const effectOf = (tier: RuleTier, rule: Rule): CompiledRule['effect'] =>
  isAudited(tier, rule) || !isExact(rule.match) ? 'none' : rule.action === 'next' ? 'leaves' : 'decides'

/** Behind a flow tier there are only packets that may open a flow; others it has allowed or denied. */
function closedToNewFlows(noFlow: Rule): CompiledRule {
  const boxes = ([4, 6] as const).flatMap((family) => [
    ...boxesOf({ family, protocol: Protocol.tcp }).flatMap((tcp) =>
      boxesOf({ family, protocol: Protocol.tcp, tcpFlags: openingFlags }).flatMap((open) =>
        subtract(tcp, open),
      ),
    ),
    ...[icmpEcho[family].reply, ...icmpErrors[family]].flatMap((icmpType) =>
      boxesOf({ family, protocol: icmpOf(family), icmpType }),
    ),
  ])
  return { rule: noFlow, boxes, effect: 'decides' }
}

interface Finding {
  readonly reason: Shadowed['reason']
  readonly by: ReadonlySet<Rule>
}

function judgeRule(
  rule: Rule,
  earlier: readonly Compiled[],
  own: Compiled,
  scope: readonly Box[],
): Finding | undefined {
  const matched = boxesOf(rule.match)
  if (matched.length === 0) return { reason: 'matches nothing', by: new Set() }
  let left = matched.flatMap((box) => scope.flatMap((part) => intersect(box, part) ?? []))
  if (left.length === 0) return { reason: 'outside the scope of its point', by: new Set() }
  const by = new Set<Rule>()
  for (const tier of earlier) {
    const passed = passTier(left, tier.rules, by)
    if (!passed) return undefined
    left = passed
  }
  const before = own.rules.slice(
    0,
    own.rules.findIndex((other) => other.rule === rule),
  )
  // In the own tier a packet that an earlier rule leaves to the next tier does not come here either.
  const takes = before.map((other) =>
    other.effect === 'leaves' ? { ...other, effect: 'decides' as const } : other,
  )
  const reached = passTier(left, takes, by)
  return reached?.length === 0 ? { reason: 'covered', by } : undefined
}

/** What of a set a tier leaves to what follows it; `undefined` if that is too intricate. Rules that decide about some go to `by`. */
function passTier(set: readonly Box[], rules: readonly CompiledRule[], by: Set<Rule>): Box[] | undefined {
  let open = [...set]
  const onward: Box[] = []
  for (const { rule, boxes, effect } of rules) {
    if (effect === 'none') continue
    for (const box of boxes) {
      const rest: Box[] = []
      for (const part of open) {
        const common = intersect(part, box)
        if (!common) {
          rest.push(part)
          continue
        }
        if (effect === 'leaves') onward.push(common)
        else by.add(rule)
        rest.push(...subtract(part, box))
      }
      open = rest
      if (open.length + onward.length > maxBoxes) return undefined
    }
    if (open.length === 0) break
  }
  return [...onward, ...open]
}
