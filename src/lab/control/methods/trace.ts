/** `trace`: sends a packet, and says where it really went, beside where it was to go. */
import { setTimeout } from 'node:timers/promises'
import * as v from 'valibot'
import { nodeById } from '../../../model/index.ts'
import { type Ip, parseIp } from '../../../net/index.ts'
import { type EventJson, eventJson, liveTrace, type PacketEvent } from '../../../observe/index.ts'
import { converse, createWorld, type Opening, type Outcome } from '../../../trace/index.ts'
import type { RunningNetwork } from '../../running-network.ts'
import { ControlError } from '../protocol.ts'
import type { ControlRegistry } from '../registry.ts'
import { wallOffset } from './wall-clock.ts'

export interface LiveTraceResult {
  readonly name: string
  readonly mode: 'kernel' | 'portable'
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
})

export type LiveTraceParameters = v.InferInput<typeof Parameters>

/** Milliseconds: below the second after which TCP sends its first packet again. */
const patience = 700
/** Milliseconds in which the last records arrive. */
const settling = 30
/** Events that each node may tell in a second: other traffic must not hide what is looked for. */
const limit = 100_000

export function addTrace(registry: ControlRegistry, running: RunningNetwork): void {
  registry.add('trace', Parameters, (params) => trace(running, params))
}

async function trace(running: RunningNetwork, params: LiveTraceParameters): Promise<LiveTraceResult> {
  const { fabric, events: hub, name } = running
  const { network, policy } = running.inForce
  if (!nodeById(network, params.from))
    throw new ControlError(
      'GL7004',
      `send from ${params.from}: the running network has no such node; see 'glacis rules'`,
    )
  const opening: Opening = {
    ...params,
    source: parseIp(params.source) as Ip,
    destination: parseIp(params.destination) as Ip,
  }
  if (opening.source.family !== opening.destination.family)
    throw new ControlError('GL7004', 'send a packet: its addresses are of two families; give two of one')
  const conversation = converse(createWorld(network, policy), opening)
  const heard: PacketEvent[] = []
  const stop = hub.listen({
    kinds: ['drop', 'flow', 'pass', 'audit'],
    limit,
    hear: (event) => heard.push(event),
  })
  try {
    const [observation] = await fabric.probe([opening], patience)
    if (fabric.mode === 'kernel') await setTimeout(settling)
    if (!observation) throw new Error('nothing was sent')
    heard.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    const { steps, observed, differences } = liveTrace(conversation, observation.outcome, heard)
    const wall = wallOffset(fabric.clock)
    return {
      name,
      mode: fabric.mode,
      observed,
      detail: observation.detail ?? null,
      predicted: conversation.outcome,
      agrees: differences.length === 0,
      differences,
      steps: steps.map(({ way, predicted, event }) => ({ way, predicted, event: eventJson(event, wall) })),
    }
  } finally {
    stop()
  }
}
