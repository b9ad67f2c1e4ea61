/**
 * Prediction against observation: every probe of the acceptance matrix is played by the tracer and sent through the fabric; both must
 * agree, and for each packet that vanished as predicted the counter of the rule that was to drop it must have moved.
 */
import type { Deployment } from '../dataplane/index.ts'
import type { Network } from '../model/index.ts'
import { type Policy, type Rule, rulesOf } from '../policy/index.ts'
import {
  acceptanceMatrix,
  type Conversation,
  converse,
  createWorld,
  type MatrixProbe,
  type Outcome,
} from '../trace/index.ts'
import { accountDrops, findMissing, readDrops } from './drop-accounts.ts'
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

/** Packets that rules were to drop, and did. Equal ways through the network make a group of one rule on each. */
export interface DropSummary {
  readonly rules: readonly string[]
  readonly expected: number
  readonly counted: number
}

export interface AcceptanceReport {
  readonly mode: Mode
  readonly results: readonly ProbeResult[]
  readonly agreed: number
  readonly disagreed: readonly ProbeResult[]
  readonly drops: readonly DropSummary[]
  /** Of `drops`, those that counted more than was sent: something was dropped that no probe explains. */
  readonly unexplained: readonly DropSummary[]
  /** Everything agreed and nothing is unexplained. */
  readonly ok: boolean
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

/** Probes sent at a time, between two words of progress. */
const batch = 1000

export async function runAcceptance(options: AcceptanceOptions): Promise<AcceptanceReport> {
  const { fabric, network, policy, deployment, progress, patience } = options
  const probes = acceptanceMatrix(network)
  const world = createWorld(network, policy)
  const conversations = probes.map(({ opening }) => converse(world, opening))
  const read = () => readDrops(fabric, deployment)
  const before = read()
  const observations: Observation[] = []
  for (let at = 0; at < probes.length; at += batch) {
    progress?.('probes', at, probes.length)
    const openings = probes.slice(at, at + batch).map(({ opening }) => opening)
    observations.push(...(await fabric.probe(openings, patience)))
  }
  progress?.('probes', probes.length, probes.length)
  const vanished = conversations.filter(
    ({ outcome }, index) => outcome === 'silent' && observations[index]?.outcome === 'silent',
  )
  const accounts = accountDrops(vanished, before, read())
  const missing = new Map<Conversation, string>()
  for (const account of accounts)
    for (const conversation of await findMissing(
      account,
      (openings) => fabric.probe(openings, patience),
      read,
    ))
      missing.set(conversation, `${account.rules.join(' or ')} was to drop it and did not`)
  const results = probes.map((probe, index) => {
    const conversation = conversations[index] as Conversation
    return resultOf(probe, conversation, observations[index] as Observation, missing.get(conversation))
  })
  const disagreed = results.filter(({ agreed }) => !agreed)
  const drops = accounts.map(({ rules, counted, conversations: { length } }) => ({
    rules,
    expected: length,
    counted,
  }))
  const unexplained = drops.filter(({ expected, counted }) => counted > expected)
  return {
    mode: fabric.mode,
    results,
    agreed: results.length - disagreed.length,
    disagreed,
    drops,
    unexplained,
    ok: disagreed.length === 0 && unexplained.length === 0,
  }
}

function resultOf(
  probe: MatrixProbe,
  conversation: Conversation,
  observation: Observation,
  missing: string | undefined,
): ProbeResult {
  const deciding = decidingOf(conversation)
  const reason = disagreement(conversation, observation) ?? missing
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

function disagreement(conversation: Conversation, observation: Observation): string | undefined {
  if (!conversation.unanimous) return 'the prediction depends on which of several equal ways a packet takes'
  if (conversation.outcome === observation.outcome) return undefined
  return `predicted ${conversation.outcome}, observed ${observation.outcome}`
}

function decidingOf({ stops, decider }: Conversation): Deciding | undefined {
  const stop = stops.find(({ end }) => end.kind === 'denied')?.end
  if (stop?.kind === 'denied') return { point: stop.point.id, tier: stop.tier, rule: stop.rule }
  if (!decider) return undefined
  const tier = rulesOf(decider.point).find(({ rule }) => rule === decider.rule)?.tier ?? ''
  return { point: decider.point.id, tier, rule: decider.rule }
}
