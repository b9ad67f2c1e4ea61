/**
 * The evaluator: what a point does with one packet. This is the specification of Glacis; prover, interpreter and kernel
 * are held against it. Short and obvious before fast.
 */
import type { Headers, IpHeaders } from '../wire/index.ts'
import { isAudited, isDefaultAudited } from './audit.ts'
import type { EgressTable } from './egress-table.ts'
import type { FlowTable } from './flow-table.ts'
import type { GrantTable } from './grant-table.ts'
import type { LimitTable } from './limit.ts'
import { inAny, matches } from './match.ts'
import type { FlowTier, Point, Scope, Tier } from './point.ts'
import { portOffence } from './port-security.ts'
import type { Rule } from './rule.ts'
import { firstMatch } from './rule-tier.ts'
import { remember, track } from './track.ts'
import { translate } from './translate.ts'

/** What a point did with a packet, and which rule of which tier decided. */
export type Decision =
  | {
      readonly verdict: 'allow' | 'deny'
      readonly rule: Rule
      readonly tier: string
      readonly packet?: IpHeaders
      /** Rules in audit mode that would have denied the packet before, in order; the deciding rule is not among them. */
      readonly audited?: readonly Rule[]
      /** The packet opened a flow. */
      readonly opened?: true
    }
  /** The packet is outside the point's scope. */
  | { readonly verdict: 'pass-by' }

/** What points remember. Stateless points need none of it. */
export interface PointState {
  /** Flow table of a stateful point. */
  readonly flows?: FlowTable
  /** Generation of the rules, a whole number that grows when they change: flows of an earlier one are judged again. Default 0. */
  readonly epoch?: number
  /** Connections that a balancer translated outward. */
  readonly egress?: EgressTable
  /** Grants of the node; absent: none. */
  readonly grants?: GrantTable
  /** Buckets of the node; absent: all are full, and a single packet is over no limit. */
  readonly limits?: LimitTable
  /** Nanoseconds of a steady clock. */
  readonly now: bigint
}

/**
 * Judges a frame at a point and updates the point's state. The decision holds the rewritten packet where a translation
 * was made. Throws `TypeError` if the point needs state that was not given: that is a mistake of the caller.
 */
export function judge(point: Point, frame: Headers, state: PointState): Decision {
  for (const tier of point.tiers) {
    const offence = tier.kind === 'port' && portOffence(tier, frame)
    if (offence) return decide(tier.offences[offence], tier.name)
  }
  if (frame.kind === 'odd') {
    for (const tier of point.tiers)
      if (tier.kind === 'shape') return decide(tier.reasons[frame.reason], tier.name)
    return decide(point.defaultDeny, 'default')
  }
  if (point.scope && !inScope(point.scope, frame)) return { verdict: 'pass-by' }
  const audited: Rule[] = []
  let flowTier: FlowTier | undefined
  const allowed = (decision: Decided, until?: bigint): Decided => {
    if (!flowTier) return decision
    const memory = remember(point, frame, state, until)
    if (memory === 'full') return decide(flowTier.full, flowTier.name)
    return memory === 'opened' ? { ...decision, opened: true } : decision
  }
  for (const tier of point.tiers) {
    const answer = ask(point, tier, frame, state, audited)
    if (tier.kind === 'flow') flowTier = tier
    if (!answer) continue
    const { until, ...decision } = answer
    const opens = decision.verdict === 'allow' && (tier.kind === 'rules' || tier.kind === 'grants')
    return withAudited(opens ? allowed(decision, until) : decision, audited)
  }
  const last = decide(point.defaultDeny, 'default')
  return withAudited(isDefaultAudited(point) ? allowed({ ...last, verdict: 'allow' }) : last, audited)
}

/** A tier's answer; `undefined` means *next*. Rules in audit mode that matched on the way are added to `audited`. */
function ask(
  point: Point,
  tier: Tier,
  packet: IpHeaders,
  state: PointState,
  audited: Rule[],
): Answer | undefined {
  switch (tier.kind) {
    case 'port':
    case 'shape':
      return undefined
    case 'flow': {
      const rule = track(point, tier, packet, state)
      return rule && decide(rule, tier.name)
    }
    case 'rules': {
      const rule = firstMatch(tier, packet, (candidate) => audited.push(candidate))
      return rule && rule.action !== 'next' ? decide(rule, tier.name) : undefined
    }
    case 'grants': {
      if (!matches(tier.match, packet)) return undefined
      const until = state.grants?.use(packet, state.now)
      if (until !== undefined) return { ...decide(tier.granted, tier.name), until }
      if (!isAudited(tier, tier.noGrant)) return decide(tier.noGrant, tier.name)
      audited.push(tier.noGrant)
      return undefined
    }
    case 'limit': {
      for (const limit of tier.limits) {
        if (!state.limits || state.limits.take(limit, packet, lengthOf(point, packet), state.now)) continue
        if (!isAudited(tier, limit.rule)) return decide(limit.rule, tier.name)
        audited.push(limit.rule)
      }
      return undefined
    }
    case 'translation': {
      const translated = translate(tier.translations, packet, state)
      return translated && decide(translated.rule, tier.name, translated.packet)
    }
  }
}

const inScope = (scope: Scope, packet: IpHeaders): boolean =>
  (scope.source === undefined || inAny(scope.source, packet.source)) &&
  (scope.destination === undefined || inAny(scope.destination, packet.destination))

type Decided = Exclude<Decision, { verdict: 'pass-by' }>
/** `until`: when a flow that the packet opens is to end. */
type Answer = Decided & { readonly until?: bigint }

const withAudited = (decision: Decided, audited: readonly Rule[]): Decided =>
  audited.length > 0 ? { ...decision, audited } : decision

function decide(rule: Rule, tier: string, packet?: IpHeaders): Decided {
  const verdict = rule.action === 'allow' ? 'allow' : 'deny'
  return packet ? { verdict, rule, tier, packet } : { verdict, rule, tier }
}

/** Bytes of the packet's frame. */
function lengthOf(point: Point, { link }: IpHeaders): number {
  if (!link)
    throw new TypeError(`judge at ${point.id}: a limit needs the frame's length; read it with readFrame`)
  return link.length
}
