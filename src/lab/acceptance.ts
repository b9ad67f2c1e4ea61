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
  type Opening,
  type Outcome,
  type World,
} from '../trace/index.ts'
import { accountDrops, type DropAccount, findMissing, readDrops } from './drop-accounts.ts'
import type { Fabric, Mode, Observation } from './fabric.ts'
import type { HttpsResult } from './https-check.ts'

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
  /** What public `https` endpoints really speak; absent where that was not asked. */
  readonly https?: readonly HttpsResult[]
  /** Everything agreed, nothing is unexplained, and what was asked beside the probes is as it should be. */
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

/**
 * Probes sent at a time, between two words of progress: as many as this machine sends in a quarter of a second. With the patience for the last of
 * them the first is then still younger than a second, after which TCP would send it again and be counted twice.
 */
const batches = { first: 400, least: 50, most: 1000, milliseconds: 250 } as const

/**
 * Sends the matrix and compares. What does not come out as predicted is sent once more, with more patience, and only what fails
 * twice is a disagreement: on a busy machine an answer may be late, and TCP sends again after a second.
 */
export async function runAcceptance(options: AcceptanceOptions): Promise<AcceptanceReport> {
  const { fabric, network, policy, patience = defaultPatience } = options
  const world = createWorld(network, policy)
  const matrix = acceptanceMatrix(network)
  const all = matrix.map((_, index) => index)
  const firstLook = await look(options, world, matrix, all, patience)
  const doubtful = all.filter((index) => firstLook.doubtful.has(index))
  const secondLook = await look(options, world, matrix, doubtful, secondPatience)
  const missing = await findAllMissing(options, secondLook)
  const results = matrix.map((probe, index) => {
    const { conversations, observations } = secondLook.observations.has(index) ? secondLook : firstLook
    const conversation = conversations.get(index) as Conversation
    return resultOf(probe, conversation, observations.get(index) as Observation, missing.get(conversation))
  })
  const disagreed = results.filter(({ agreed }) => !agreed)
  const drops = [...firstLook.accounts.filter((account) => isBalanced(account)), ...secondLook.accounts].map(
    ({ rules, counted, conversations: { length } }) => ({ rules, expected: length, counted }),
  )
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

/** Milliseconds. The second is still below the second after which TCP sends again. */
const defaultPatience = 400
const secondPatience = 800

/** What came of sending some probes of the matrix, by their index. */
interface Look {
  readonly conversations: ReadonlyMap<number, Conversation>
  readonly observations: ReadonlyMap<number, Observation>
  readonly accounts: readonly DropAccount[]
  /** Indices of probes that came out otherwise than predicted, or whose account does not balance. */
  readonly doubtful: ReadonlySet<number>
}

async function look(
  { fabric, deployment, progress }: AcceptanceOptions,
  world: World,
  matrix: readonly MatrixProbe[],
  indices: readonly number[],
  patience: number,
): Promise<Look> {
  const conversations = new Map(
    indices.map((index) => [index, converse(world, (matrix[index] as MatrixProbe).opening)]),
  )
  const observations = new Map<number, Observation>()
  const before = readDrops(fabric, deployment)
  let batch: number = batches.first
  for (let at = 0; at < indices.length; ) {
    progress?.('probes', at, indices.length)
    const some = indices.slice(at, at + batch)
    const started = performance.now()
    const openings = some.map((index) => (matrix[index] as MatrixProbe).opening)
    const seen = await fabric.probe(openings, patience)
    some.forEach((index, i) => void observations.set(index, seen[i] as Observation))
    at += some.length
    const busy = Math.max(1, performance.now() - started - patience)
    const next = Math.round((some.length * batches.milliseconds) / busy)
    batch = Math.min(batches.most, Math.max(batches.least, next))
  }
  progress?.('probes', indices.length, indices.length)
  const isSilent = (index: number): boolean =>
    conversations.get(index)?.outcome === 'silent' && observations.get(index)?.outcome === 'silent'
  const vanished = indices.filter(isSilent).map((index) => conversations.get(index) as Conversation)
  const accounts = accountDrops(vanished, before, readDrops(fabric, deployment))
  const unbalanced = new Set(accounts.filter((a) => !isBalanced(a)).flatMap((a) => a.conversations))
  const doubtful = indices.filter((index) => {
    const conversation = conversations.get(index) as Conversation
    return unbalanced.has(conversation) || disagreement(conversation, observations.get(index) as Observation)
  })
  return { conversations, observations, accounts, doubtful: new Set(doubtful) }
}

const isBalanced = ({ conversations, counted }: DropAccount): boolean => conversations.length === counted

async function findAllMissing(
  { fabric, deployment }: AcceptanceOptions,
  { accounts }: Look,
): Promise<ReadonlyMap<Conversation, string>> {
  const missing = new Map<Conversation, string>()
  const send = (openings: readonly Opening[]) => fabric.probe(openings, defaultPatience)
  for (const account of accounts)
    for (const conversation of await findMissing(account, send, () => readDrops(fabric, deployment)))
      missing.set(conversation, `${account.rules.join(' or ')} was to drop it and did not`)
  return missing
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
