/** The flow tier's answer: whether a packet belongs to a known flow, and whether the rules of today allow that flow. */
import { type IpHeaders, isIcmpError } from '../wire/index.ts'
import { isAudited, isDefaultAudited } from './audit.ts'
import type { PointState } from './evaluate.ts'
import { flowOf, openingOf, quotedFlowOf, type Side, senderOf } from './flow.ts'
import { kindOf, mayOpen, stepOf } from './flow-state.ts'
import type { FlowTable, KnownFlow } from './flow-table.ts'
import { matches } from './match.ts'
import type { FlowTier, FlowUse, OpeningRules, OpeningTier, Point } from './point.ts'
import type { Rule } from './rule.ts'
import { firstMatch } from './rule-tier.ts'

/** The rule that decides; `undefined`: the next tiers are asked. Throws `TypeError` if the point has no flow table. */
export function track(point: Point, tier: FlowTier, packet: IpHeaders, state: PointState): Rule | undefined {
  const { heading } = flowUseOf(point)
  const flows = flowsOf(point, state)
  const { now } = state
  if (isIcmpError(packet)) {
    const quoted = quotedFlowOf(heading, packet)
    const known = quoted && flows.find(quoted, now)
    return known && !isStale(known, state) ? tier.related : tier.noFlow
  }
  const kind = kindOf(packet)
  if (kind === 'untracked') return undefined
  const flow = flowOf(heading, packet)
  const known = flows.find(flow, now)
  const sender = senderOf(heading)
  const step = known
    ? stepOf(packet, known, known.opener === sender, sender === 'local')
    : ({ kind: 'opens' } as const)
  if (step.kind === 'stray') return tier.noFlow
  if (!known || step.kind === 'opens') return mayOpen(kind) ? undefined : tier.noFlow
  if (isStale(known, state)) {
    const rules = openingRulesAt(point, known.opener)
    const still = allowsOpening(rules, openingOf(flow, known.opener), state)
    if (!still) {
      flows.remove(flow)
      return tier.revoked
    }
    flows.renew(flow, epochOf(state), still.until)
  }
  flows.step(flow, now, step)
  return tier.established
}

/**
 * Opens the flow of a packet that a tier behind the flow tier allowed. `opened`: it is a new one; `full`: there is no room for it.
 * @param until when it ends, whatever is seen of it; absent: never
 */
export function remember(
  point: Point,
  packet: IpHeaders,
  state: PointState,
  until?: bigint,
): 'opened' | 'kept' | 'full' {
  if (kindOf(packet) === 'untracked') return 'kept'
  const { heading } = flowUseOf(point)
  const opening = {
    opener: senderOf(heading),
    sequence: packet.tcpSequence ?? 0,
    epoch: epochOf(state),
    ...(until !== undefined && { until }),
  }
  return flowsOf(point, state).open(flowOf(heading, packet), state.now, opening)
}

/** The tiers behind a point's flow tier, and what its default deny does. */
export function openingRules(point: Point): OpeningRules {
  const at = point.tiers.findIndex(({ kind }) => kind === 'flow')
  const tiers = point.tiers
    .slice(at + 1)
    .filter((tier): tier is OpeningTier => tier.kind === 'rules' || tier.kind === 'grants')
  return { tiers, audit: isDefaultAudited(point) }
}

/** What judges the openings of a side, from one of the filter's two points. */
function openingRulesAt(point: Point, opener: Side): OpeningRules {
  const { heading, opposite } = flowUseOf(point)
  return opener === senderOf(heading) ? openingRules(point) : (opposite ?? { tiers: [], audit: false })
}

/** Whether rules allow a packet, and until when. Nothing is counted: it is not the packet that is there. */
function allowsOpening(
  { tiers, audit }: OpeningRules,
  opening: IpHeaders,
  { grants, now }: PointState,
): { readonly until?: bigint } | undefined {
  for (const tier of tiers) {
    if (tier.kind === 'grants') {
      if (!matches(tier.match, opening)) continue
      const until = grants?.endOf(opening, now)
      if (until !== undefined) return { until }
      if (!isAudited(tier, tier.noGrant)) return undefined
    } else {
      const rule = firstMatch(tier, opening, () => {})
      if (rule && rule.action !== 'next') return rule.action === 'allow' ? {} : undefined
    }
  }
  return audit ? {} : undefined
}

const epochOf = ({ epoch = 0 }: PointState): number => epoch

const isStale = (known: KnownFlow, state: PointState): boolean => known.epoch < epochOf(state)

function flowUseOf(point: Point): FlowUse {
  if (!point.flow) throw new TypeError(`judge at ${point.id}: a flow tier needs the point's flow table`)
  return point.flow
}

function flowsOf(point: Point, state: PointState): FlowTable {
  if (!state.flows) throw new TypeError(`judge at ${point.id}: a stateful point needs its flow table`)
  return state.flows
}
