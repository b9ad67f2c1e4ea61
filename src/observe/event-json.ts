/** Events as JSON: what a running lab sends to whoever watches. */
import { formatIp, formatProtocol } from '../net/index.ts'
import { formatOrigin } from '../policy/index.ts'
import { type Headers, type IpHeaders, type QuotedFlow, summarize } from '../wire/index.ts'
import { type PacketEvent, verdictOf } from './event.ts'

export interface EventJson {
  /** ISO 8601 in UTC, with microseconds. */
  readonly time: string
  readonly node: string
  readonly interface: string
  readonly direction: 'in' | 'out'
  /** `drop`, `flow` (a rule let it pass and it opened a flow), `pass`, `audit` (a rule in audit mode would have denied it). */
  readonly event: PacketEvent['kind']
  readonly verdict: 'allow' | 'deny'
  readonly point: string
  readonly pointKind: string
  readonly tier: string
  readonly rule: string
  readonly origin: string
  readonly why: string
  /** Only the machine itself says so: its guest firewall told it, and whoever is root there can tell anything in its name. */
  readonly claimed: boolean
  readonly packet: PacketJson
  /** Bytes of the whole frame. */
  readonly length: number
  /** Its beginning, in base64, as it left the point. */
  readonly frame: string
}

export interface FlowJson {
  readonly protocol: string
  readonly source: string
  readonly destination: string
  readonly sourcePort: number
  readonly destinationPort: number
}

export type PacketJson = { readonly summary: string } & (
  | { readonly odd: string }
  | (FlowJson & { readonly family: 4 | 6; readonly quoted?: FlowJson })
)

/** @param wall nanoseconds since 1970-01-01 UTC at which the data plane's monotonic clock stood at 0 */
export function eventJson(event: PacketEvent, wall: bigint): EventJson {
  const { time, node, kind, point, tier, rule, length, frame, headers } = event
  return {
    time: isoTime(wall + time),
    node,
    interface: event.interface,
    direction: point.direction,
    event: kind,
    verdict: verdictOf(event),
    point: point.id,
    pointKind: point.kind,
    tier,
    rule: rule.id,
    origin: formatOrigin(rule.origin),
    why: rule.why,
    claimed: point.kind === 'guest',
    packet: packetJson(headers, wholeFrame(frame, length)),
    length,
    frame: Buffer.from(frame).toString('base64'),
  }
}

/** @param time nanoseconds since 1970-01-01 UTC */
export function isoTime(time: bigint): string {
  const micro = String((time / 1000n) % 1000n).padStart(3, '0')
  return new Date(Number(time / 1_000_000n)).toISOString().replace('Z', `${micro}Z`)
}

/** Nanoseconds since 1970-01-01 UTC, of what {@link isoTime} writes. */
export function parseIsoTime(text: string): bigint {
  const [, millis = '', micro = '0'] = /^(.*\.\d{3})(\d{3})Z$/.exec(text) ?? []
  return BigInt(Date.parse(`${millis}Z`)) * 1_000_000n + BigInt(micro) * 1000n
}

function packetJson(headers: Headers, frame: Uint8Array): PacketJson {
  const summary = summarize(frame)
  if (headers.kind === 'odd') return { summary, odd: headers.reason }
  const { family, quoted } = headers
  return { summary, family, ...flowJson(headers), ...(quoted && { quoted: flowJson(quoted) }) }
}

const flowJson = (flow: IpHeaders | QuotedFlow): FlowJson => ({
  protocol: formatProtocol(flow.protocol),
  source: formatIp(flow.source),
  destination: formatIp(flow.destination),
  sourcePort: flow.sourcePort,
  destinationPort: flow.destinationPort,
})

/** Lengths in headers count bytes that were not captured. */
export function wholeFrame(frame: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(frame.length, length))
  bytes.set(frame)
  return bytes
}
