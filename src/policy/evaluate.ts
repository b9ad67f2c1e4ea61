/**
 * The evaluator: what a point does with one packet. This is the specification of Glacis; prover, interpreter and kernel
 * are held against it. Short and obvious before fast.
 */
import type { Headers, IpHeaders } from '../wire/index.ts'
import { isIcmpError } from '../wire/index.ts'
import { isAudited, isDefaultAudited } from './audit.ts'
import type { EgressTable } from './egress-table.ts'
import { type FlowTable, flowOf, mayOpen, quotedFlowOf } from './flow-table.ts'
import type { GrantTable } from './grant-table.ts'
import { inAny, matches } from './match.ts'
import type { FlowTier, FlowUse, Point, Scope, Tier } from './point.ts'
import { portOffence } from './port-security.ts'
import type { Rule } from './rule.ts'
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
  /** Connections that a balancer translated outward. */
  readonly egress?: EgressTable
  /** Grants of the node; absent: none. */
  readonly grants?: GrantTable
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
  let tracked = false
  for (const tier of point.tiers) {
    const answer = ask(point, tier, frame, state, audited)
    tracked ||= tier.kind === 'flow'
    if (!answer) continue
    const { until, ...decision } = answer
    if (decision.verdict !== 'allow' || (tier.kind !== 'rules' && tier.kind !== 'grants') || !tracked)
      return withAudited(decision, audited)
    const end = until === undefined ? {} : { until }
    flowsOf(point, state).open(flowOf(headingOf(point), frame), state.now, end)
    return withAudited({ ...decision, opened: true }, audited)
  }
  const last = decide(point.defaultDeny, 'default')
  if (!isDefaultAudited(point)) return withAudited(last, audited)
  const passed = { ...last, verdict: 'allow' as const }
  if (!tracked) return withAudited(passed, audited)
  flowsOf(point, state).open(flowOf(headingOf(point), frame), state.now)
  return withAudited({ ...passed, opened: true }, audited)
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
    case 'flow':
      return track(headingOf(point), tier, packet, flowsOf(point, state), state.now)
    case 'rules': {
      const rule = tier.rules.find((candidate) => {
        if (!matches(candidate.match, packet)) return false
        if (!isAudited(tier, candidate)) return true
        audited.push(candidate)
        return false
      })
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
    case 'translation': {
      const translated = translate(tier.translations, packet, state)
      return translated && decide(translated.rule, tier.name, translated.packet)
    }
  }
}

function track(
  heading: FlowUse['heading'],
  tier: FlowTier,
  packet: IpHeaders,
  flows: FlowTable,
  now: bigint,
): Decided | undefined {
  if (isIcmpError(packet)) {
    const quoted = quotedFlowOf(heading, packet)
    const related = quoted !== undefined && flows.touch(quoted, now)
    return decide(related ? tier.related : tier.noFlow, tier.name)
  }
  if (flows.touch(flowOf(heading, packet), now)) return decide(tier.established, tier.name)
  return mayOpen(packet) ? undefined : decide(tier.noFlow, tier.name)
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

function headingOf(point: Point): FlowUse['heading'] {
  if (!point.flow) throw new TypeError(`judge at ${point.id}: a flow tier needs the point's flow table`)
  return point.flow.heading
}

function flowsOf(point: Point, state: PointState): FlowTable {
  if (!state.flows) throw new TypeError(`judge at ${point.id}: a stateful point needs its flow table`)
  return state.flows
}
