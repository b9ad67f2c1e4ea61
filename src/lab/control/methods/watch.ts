/** `watch`: events as they happen, until the client goes. */
import * as v from 'valibot'
import { type EventKind, eventKind } from '../../../dataplane/index.ts'
import { hostPrefix, type Prefix, parseIp, parsePrefix } from '../../../net/index.ts'
import { type EventJson, eventFilter, eventJson } from '../../../observe/index.ts'
import type { Lapse } from '../../lapse.ts'
import type { Mute } from '../../mute.ts'
import type { RunningNetwork } from '../../running-network.ts'
import { ControlError } from '../protocol.ts'
import type { Call, ControlRegistry } from '../registry.ts'
import { wallOffset } from './wall-clock.ts'
import { requirePlaces } from './watch-places.ts'

export type WatchMessage =
  /** First of all: from now on events are told. */
  | { readonly started: { readonly name: string; readonly mode: 'kernel' | 'portable' } }
  | { readonly event: EventJson }
  /** A node has no longer in force what it should, or again; whatever is asked for. */
  | { readonly lapse: Lapse }
  /** A node cannot be heard: nothing, or not all, of what it would tell is here; once for each. */
  | { readonly mute: Mute }
  /** So many events a node did not tell since the last such message: above its limit, or its ring was full. */
  | { readonly untold: { readonly node: string; readonly suppressed: number; readonly lost: number } }

const kinds = Object.keys(eventKind) as readonly EventKind[]
const text = v.pipe(v.string(), v.minLength(1), v.maxLength(300))

const Parameters = v.strictObject({
  kinds: v.optional(v.array(v.picklist(kinds))),
  verdict: v.optional(v.picklist(['allow', 'deny'])),
  node: v.optional(text),
  point: v.optional(text),
  rule: v.optional(text),
  tenant: v.optional(text),
  source: v.optional(text),
  destination: v.optional(text),
  /** Events that each interface of a node may tell in a second. */
  limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000))),
})

export type WatchParameters = v.InferInput<typeof Parameters>

/** Milliseconds between two looks at what was not told. */
const interval = 1000

export function addWatch(registry: ControlRegistry, running: RunningNetwork): void {
  registry.add('watch', Parameters, (params, call) => watch(running, params, call))
}

async function watch(
  running: RunningNetwork,
  params: WatchParameters,
  { signal, emit }: Call,
): Promise<null> {
  const { network } = running.inForce
  requirePlaces(running.inForce, params)
  const wanted = eventFilter(network, {
    ...params,
    source: prefixOf('source', params.source),
    destination: prefixOf('destination', params.destination),
  })
  const wall = wallOffset(running.fabric.clock)
  const send = (message: WatchMessage) => emit(message)
  const stop = running.events.listen({
    kinds: params.kinds ?? ['drop', 'flow', 'audit'],
    ...(params.limit === undefined ? {} : { limit: params.limit }),
    hear: (event) => {
      if (wanted(event)) send({ event: eventJson(event, wall) })
    },
  })
  const stopLapses = running.fabric.onLapse((lapse) => send({ lapse }))
  const stopMutes = running.fabric.onMute((mute) => send({ mute }))
  const untold = new UntoldWatch(running)
  const timer = setInterval(() => {
    for (const message of untold.news()) send({ untold: message })
  }, interval)
  send({ started: { name: running.name, mode: running.fabric.mode } })
  for (const mute of running.fabric.mutes) send({ mute })
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  clearInterval(timer)
  stop()
  stopLapses()
  stopMutes()
  return null
}

/** What each node did not tell since the last look. */
class UntoldWatch {
  readonly #running: RunningNetwork
  readonly #seen = new Map<string, { suppressed: bigint; lost: bigint }>()

  constructor(running: RunningNetwork) {
    this.#running = running
    this.news()
  }

  news(): readonly { node: string; suppressed: number; lost: number }[] {
    const { fabric, inForce } = this.#running
    return Array.from(inForce.deployment.nodes.keys()).flatMap((node) => {
      const now = fabric.untold(node)
      const before = this.#seen.get(node) ?? { suppressed: 0n, lost: 0n }
      this.#seen.set(node, now)
      const [suppressed, lost] = [now.suppressed - before.suppressed, now.lost - before.lost].map(Number)
      return suppressed || lost ? [{ node, suppressed: suppressed ?? 0, lost: lost ?? 0 }] : []
    })
  }
}

function prefixOf(name: string, given: string | undefined): Prefix | undefined {
  if (given === undefined) return undefined
  const address = parseIp(given)
  const prefix = address ? hostPrefix(address) : parsePrefix(given)
  if (prefix) return prefix
  throw new ControlError(
    'GL7004',
    `read ${name} '${given}': give an address or a prefix such as 192.0.2.0/24`,
  )
}
