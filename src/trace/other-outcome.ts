/**
 * Which rules would have to change for the other outcome: of what is silent, every rule that stands in the way, one behind the other; of
 * what comes through, the rules of the deciding point that let it pass, one behind the other. Found by playing the conversation again,
 * each time with what was found changed.
 */
import { hostPrefix } from '../net/index.ts'
import {
  type Match,
  type Point,
  type Policy,
  type Rule,
  type RulePlace,
  rulesOf,
  type Tier,
} from '../policy/index.ts'
import { type IpHeaders, isIcmpError } from '../wire/index.ts'
import { type Conversation, converse } from './conversation.ts'
import type { World } from './world.ts'

/** Rounds after which no more is looked for: no way through a network has so many points. */
const maxRounds = 16

/** In the order in which they show; those on equal ways stand side by side. Empty if no rule has part in the outcome. */
export function rulesToChange(world: World, conversation: Conversation): readonly RulePlace[] {
  return conversation.outcome === 'silent'
    ? rulesInTheWay(world, conversation)
    : rulesThatLetPass(world, conversation)
}

function rulesInTheWay(world: World, conversation: Conversation): readonly RulePlace[] {
  const found: RulePlace[] = []
  let { policy } = world
  let played = conversation
  for (let round = 0; round < maxRounds && played.outcome === 'silent'; round++) {
    const before = policy
    for (const { end } of played.stops) {
      if (end.kind !== 'denied') continue
      const current = policy.points.find(({ id }) => id === end.point.id) as Point
      found.push({ point: end.point, tier: end.tier, rule: end.rule, audited: false })
      const packet = packetAt(played, current)
      policy = replaced(policy, current, withoutDenial(current, end.rule, packet))
    }
    // What cannot be changed (a translation that is missing, a stray packet) is the last that can be said.
    if (policy === before) break
    played = converse({ ...world, policy }, conversation.opening)
  }
  return found
}

function rulesThatLetPass(world: World, conversation: Conversation): readonly RulePlace[] {
  const found: RulePlace[] = []
  const id = conversation.decider?.point.id
  let { policy } = world
  let played = conversation
  for (let round = 0; round < maxRounds && played.decider?.point.id === id; round++) {
    const { decider } = played
    const current = policy.points.find((point) => point.id === id)
    if (!decider || !current) break
    const place = rulesOf(current).find(({ rule }) => rule === decider.rule)
    const next = { ...current, tiers: current.tiers.map((tier) => withoutRule(tier, decider.rule)) }
    if (!place || rulesOf(next).length === rulesOf(current).length) break
    found.push(place)
    policy = replaced(policy, current, next)
    played = converse({ ...world, policy }, conversation.opening)
  }
  return found
}

/** The packet as the point was asked about it. */
function packetAt({ judged, forth, back }: Conversation, point: Point): IpHeaders | undefined {
  if (!judged.some((judgement) => judgement.point.id === point.id)) return undefined
  for (const path of [...forth, ...back])
    if (path.end.kind === 'denied' && path.end.point.id === point.id) return path.packet
  return undefined
}

/** The point with a rule less, or, if it is the default that denies, with one more that allows this packet. */
function withoutDenial(point: Point, rule: Rule, packet: IpHeaders | undefined): Point {
  const tiers = point.tiers.map((tier) => withoutRule(tier, rule))
  if (tiers.some((tier, index) => tier !== point.tiers[index])) return { ...point, tiers }
  const translates = point.tiers.some(({ kind }) => kind === 'translation')
  if (rule !== point.defaultDeny || translates || !packet || isIcmpError(packet)) return point
  const allowing: Rule = { ...rule, id: 'other-outcome/allow', action: 'allow', match: exactly(packet) }
  return { ...point, tiers: [...point.tiers, { kind: 'rules', name: 'other-outcome', rules: [allowing] }] }
}

/** The tier itself, if the rule is not one of those that can be taken out of it. */
function withoutRule(tier: Tier, rule: Rule): Tier {
  if (tier.kind === 'rules' && tier.rules.includes(rule))
    return { ...tier, rules: tier.rules.filter((other) => other !== rule) }
  if (tier.kind === 'translation' && tier.translations.some((translation) => translation.rule === rule))
    return { ...tier, translations: tier.translations.filter((translation) => translation.rule !== rule) }
  return tier
}

const replaced = (policy: Policy, old: Point, next: Point): Policy =>
  next === old ? policy : { ...policy, points: policy.points.map((point) => (point === old ? next : point)) }

const exactly = ({ family, protocol, source, destination }: IpHeaders): Match => ({
  family,
  protocol,
  source: [hostPrefix(source)],
  destination: [hostPrefix(destination)],
})
