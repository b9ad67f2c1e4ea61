/**
 * `trace`: sends a packet, and says where it really went, beside where it was to go by the rules and grants in force. A packet that a grant
 * lets pass is in the audit log as what it is, before it is sent.
 */
import { setTimeout } from 'node:timers/promises'
import * as v from 'valibot'
import { AccessError } from '../../../control/index.ts'
import { nodeById } from '../../../model/index.ts'
import { formatIp, type Ip, parseIp } from '../../../net/index.ts'
import { type EventJson, eventJson, liveTrace, type PacketEvent } from '../../../observe/index.ts'
import type { GrantedPath } from '../../../policy/index.ts'
import {
  type Conversation,
  converse,
  createWorld,
  type Opening,
  type Outcome,
  openingPacket,
} from '../../../trace/index.ts'
import { type Fingerprint, fingerprintOf } from '../../fingerprint.ts'
import { type GrantInForce, grantsByNode, grantsInForce } from '../../grants-in-force.ts'
import { describeMute } from '../../mute.ts'
import type { RunningNetwork } from '../../running-network.ts'
import type { SupportAccess } from '../../support-access.ts'
import { ControlError } from '../protocol.ts'
import type { ControlRegistry } from '../registry.ts'
import { wallOffset } from './wall-clock.ts'

export interface LiveTraceResult {
  readonly name: string
  readonly mode: 'kernel' | 'portable'
  /** How often the rules were replaced since the network came up. */
  readonly revision: number
  /** Of what is in force. */
  readonly fingerprint: Fingerprint
  /** Grants in force, which are part of the prediction. */
  readonly grants: readonly GrantText[]
  readonly observed: Outcome
  /** What the system said: `ECONNREFUSED`, `12 bytes back`. */
  readonly detail: string | null
  readonly predicted: Outcome
  readonly agrees: boolean
  /** How what happened differs from the prediction. */
  readonly differences: readonly string[]
  readonly steps: readonly {
    readonly way: 'forth' | 'back'
    readonly predicted: boolean
    readonly event: EventJson
  }[]
}

/** A grant in force; addresses are text. */
export interface GrantText extends Omit<GrantInForce, 'source' | 'destination'> {
  readonly source: string
  readonly destination: string
}

const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))
const ip = v.pipe(
  v.string(),
  v.check((text) => parseIp(text) !== undefined, 'give an address'),
)

const Parameters = v.strictObject({
  from: v.pipe(v.string(), v.maxLength(300)),
  source: ip,
  destination: ip,
  protocol: v.picklist(['tcp', 'udp', 'icmp']),
  sourcePort: port,
  destinationPort: port,
  /** Who asks, for the audit log. */
  by: v.optional(v.pipe(v.string(), v.maxLength(100)), 'unknown'),
})

export type LiveTraceParameters = v.InferInput<typeof Parameters>

/** Milliseconds: below the second after which TCP sends its first packet again. */
const patience = 700
/** Milliseconds in which the last records arrive. */
const settling = 30
/** Events that each node may tell in a second: other traffic must not hide what is looked for. */
const limit = 100_000

/** @param access absent: nobody can be granted any */
export function addTrace(registry: ControlRegistry, running: RunningNetwork, access?: SupportAccess): void {
  registry.add('trace', Parameters, async ({ by, ...params }) => {
    const opening = openingOf(running, params)
    const grants = grantsInForce(running)
    const { network, policy } = running.inForce
    const conversation = converse(createWorld(network, policy, grantsByNode(grants)), opening)
    const send = () => trace(running, conversation, grants)
    const used = grantUsed(conversation)
    if (!access || !used) return send()
    try {
      return await access.probe(used.host, used.path, by, send)
    } catch (error) {
      throw error instanceof AccessError ? new ControlError(error.code, error.message) : error
    }
  })
}

function openingOf(
  { inForce: { network } }: RunningNetwork,
  params: Omit<v.InferOutput<typeof Parameters>, 'by'>,
): Opening {
  if (!nodeById(network, params.from))
    throw new ControlError(
      'GL7004',
      `send from ${params.from}: the running network has no such node; see 'glacis rules'`,
    )
  const [source, destination] = [parseIp(params.source) as Ip, parseIp(params.destination) as Ip]
  if (source.family !== destination.family)
    throw new ControlError('GL7004', 'send a packet: its addresses are of two families; give two of one')
  return { ...params, source, destination }
}

/** The grant by which the packet is to pass, if one is needed. */
function grantUsed({ judged, opening }: Conversation): { host: string; path: GrantedPath } | undefined {
  const judgement = judged.find(
    ({ point, decision }) =>
      decision.verdict === 'allow' &&
      point.tiers.some((tier) => tier.kind === 'grants' && tier.granted === decision.rule),
  )
  if (!judgement) return undefined
  const { source, destination, protocol, destinationPort } = openingPacket(opening)
  return { host: judgement.point.node, path: { source, destination, protocol, port: destinationPort } }
}

async function trace(
  running: RunningNetwork,
  conversation: Conversation,
  grants: readonly GrantInForce[],
): Promise<LiveTraceResult> {
  const { fabric, events: hub, name } = running
  const { network, policy, revision } = running.inForce
  const heard: PacketEvent[] = []
  const stop = hub.listen({
    kinds: ['drop', 'flow', 'pass', 'audit'],
    limit,
    hear: (event) => heard.push(event),
  })
  try {
    const [observation] = await fabric.probe([conversation.opening], patience)
    if (fabric.mode === 'kernel') await setTimeout(settling)
    if (!observation) throw new Error('nothing was sent')
    heard.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    const { steps, observed, differences } = liveTrace(conversation, observation.outcome, heard)
    const judging = new Set(conversation.judged.map(({ point }) => point.node))
    const mutes = fabric.mutes.filter(({ node }) => judging.has(node))
    const wall = wallOffset(fabric.clock)
    return {
      name,
      mode: fabric.mode,
      revision,
      fingerprint: fingerprintOf(network, policy),
      grants: grants.map((grant) => ({
        ...grant,
        source: formatIp(grant.source),
        destination: formatIp(grant.destination),
      })),
      observed,
      detail: observation.detail ?? null,
      predicted: conversation.outcome,
      agrees: differences.length === 0,
      // Who could not be heard is not to be believed silent.
      differences: differences.length > 0 ? [...differences, ...mutes.map(describeMute)] : [],
      steps: steps.map(({ way, predicted, event }) => ({ way, predicted, event: eventJson(event, wall) })),
    }
  } finally {
    stop()
  }
}
