/**
 * Prediction against observation: every probe of the acceptance matrix is played by the tracer and sent through the fabric; both must
 * agree, and for each packet that vanished the counter of the rule that was to drop it must have moved by exactly one.
 */
import type { Deployment } from '../dataplane/index.ts'
import type { Network } from '../model/index.ts'
import { type Point, type Policy, type Rule, rulesOf } from '../policy/index.ts'
import {
  acceptanceMatrix,
  type Conversation,
  converse,
  createWorld,
  type MatrixProbe,
  type Outcome,
} from '../trace/index.ts'
import type { Fabric, Mode, Observation } from './fabric.ts'

export interface Deciding {
  readonly point: string
  readonly tier: string
  readonly rule: Rule
}

/** One cell of the matrix: what was to happen and what did. */
export interface ProbeResult {
  readonly probe: MatrixProbe
  readonly predicted: Outcome
  readonly observed: Outcome
  readonly detail?: string
  /** The rule that decides; absent where no rule is asked (no filter on the way, or no route). */
  readonly deciding?: Deciding
  readonly agreed: boolean
  /** Why not, if not. */
  readonly reason?: string
}

/** Packets that a group of rules was to drop, and did. Equal ways through the network make a group of one rule on each. */
export interface DropAccount {
  readonly rules: readonly string[]
  readonly expected: number
  readonly counted: number
}

export interface AcceptanceReport {
  readonly mode: Mode
  readonly results: readonly ProbeResult[]
  readonly agreed: number
  readonly disagreed: readonly ProbeResult[]
  readonly drops: readonly DropAccount[]
}

export interface AcceptanceOptions {
  readonly fabric: Fabric
  readonly network: Network
  /** What is predicted from. */
  readonly policy: Policy
  /** What runs; its counters are read. */
  readonly deployment: Deployment
  readonly progress?: (phase: string, done: number, total: number) => void
  /** Milliseconds after which a probe is silent. */
  readonly patience?: number
}

/** Probes sent before the counters are read and the progress is told. */
const batch = 1000

export async function runAcceptance(options: AcceptanceOptions): Promise<AcceptanceReport> {
  const { fabric, network, policy, progress, patience } = options
  const probes = acceptanceMatrix(network)
  const world = createWorld(network, policy)
  const conversations = probes.map(({ opening }) => converse(world, opening))
  const before = readDrops(options)
  const observations: Observation[] = []
  for (let at = 0; at < probes.length; at += batch) {
    progress?.('probes', at, probes.length)
    const openings = probes.slice(at, at + batch).map(({ opening }) => opening)
    observations.push(...(await fabric.probe(openings, patience)))
  }
  progress?.('probes', probes.length, probes.length)
  const after = readDrops(options)
  const accounts = accountDrops(conversations, before, after)
  const results = probes.map((probe, index) =>
    compare(probe, conversations[index] as Conversation, observations[index] as Observation, accounts),
  )
  const disagreed = results.filter(({ agreed }) => !agreed)
  return {
    mode: fabric.mode,
    results,
    agreed: results.length - disagreed.length,
    disagreed,
    drops: [...new Set(accounts.values())],
  }
}

const placeKey = (point: Point, rule: Rule): string => `${point.id} ${rule.id}`

/** Packets counted so far by every rule that denies. */
function readDrops({ fabric, deployment }: AcceptanceOptions): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { node, attachments, firstCounters } of deployment.nodes.values()) {
    const slots = fabric.counters(node)
    for (const { point } of attachments) {
      const first = firstCounters.get(point.id) as number
      rulesOf(point).forEach(({ rule }, index) => {
        if (rule.action === 'deny')
          counts.set(placeKey(point, rule), Number(slots[first + index]?.packets ?? 0n))
      })
    }
  }
  return counts
}

/** Rules at which the packets of a silent conversation stop; one of them stops each packet. */
const stopsOf = (conversation: Conversation): readonly string[] =>
  conversation.stops.flatMap(({ end }) => (end.kind === 'denied' ? [placeKey(end.point, end.rule)] : []))

/** The account of each rule that was to drop something; rules that share a conversation share the account. */
function accountDrops(
  conversations: readonly Conversation[],
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): ReadonlyMap<string, DropAccount> {
  const groups = new Map<string, { rules: Set<string>; expected: number }>()
  for (const conversation of conversations) {
    if (conversation.outcome !== 'silent') continue
    const rules = stopsOf(conversation)
    if (rules.length === 0) continue
    const merged = { rules: new Set(rules), expected: 1 }
    for (const group of new Set(rules.map((rule) => groups.get(rule)))) {
      if (!group) continue
      merged.expected += group.expected
      for (const rule of group.rules) merged.rules.add(rule)
    }
    for (const rule of merged.rules) groups.set(rule, merged)
  }
  const accounts = new Map<string, DropAccount>()
  for (const group of new Set(groups.values())) {
    const rules = [...group.rules]
    const counted = rules.reduce((sum, rule) => sum + (after.get(rule) ?? 0) - (before.get(rule) ?? 0), 0)
    const account = { rules, expected: group.expected, counted }
    for (const rule of rules) accounts.set(rule, account)
  }
  return accounts
}

function compare(
  probe: MatrixProbe,
  conversation: Conversation,
  observation: Observation,
  accounts: ReadonlyMap<string, DropAccount>,
): ProbeResult {
  const deciding = decidingOf(conversation)
  const reason = disagreement(conversation, observation, accounts)
  return {
    probe,
    predicted: conversation.outcome,
    observed: observation.outcome,
    ...(observation.detail === undefined ? {} : { detail: observation.detail }),
    ...(deciding ? { deciding } : {}),
    agreed: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
  }
}

function disagreement(
  conversation: Conversation,
  observation: Observation,
  accounts: ReadonlyMap<string, DropAccount>,
): string | undefined {
  if (!conversation.unanimous) return 'the prediction depends on which of several equal ways a packet takes'
  if (conversation.outcome !== observation.outcome)
    return `predicted ${conversation.outcome}, observed ${observation.outcome}`
  const account = conversation.outcome === 'silent' ? accounts.get(stopsOf(conversation)[0] ?? '') : undefined
  if (account && account.counted !== account.expected)
    return `${account.rules.join(' or ')} was to drop ${account.expected} packets and dropped ${account.counted}`
  return undefined
}

function decidingOf({ stops, decider }: Conversation): Deciding | undefined {
  const stop = stops.find(({ end }) => end.kind === 'denied')?.end
  if (stop?.kind === 'denied') return { point: stop.point.id, tier: stop.tier, rule: stop.rule }
  if (!decider) return undefined
  const tier = rulesOf(decider.point).find(({ rule }) => rule === decider.rule)?.tier ?? ''
  return { point: decider.point.id, tier, rule: decider.rule }
}
