/** Events: what a rule did with one packet, from the record that a program wrote. */
import { decodeRecord, type EventKind, eventKind, type NodeDeployment } from '../dataplane/index.ts'
import { type Point, type RulePlace, rulesOf } from '../policy/index.ts'
import { type Headers, readHeaders } from '../wire/index.ts'

export interface PacketEvent {
  /** Nanoseconds of the data plane's monotonic clock. */
  readonly time: bigint
  readonly node: string
  /** Name of the interface; `?` if the node has none of that index. */
  readonly interface: string
  readonly kind: EventKind
  readonly point: Point
  readonly tier: string
  readonly rule: RulePlace['rule']
  /** Bytes of the whole frame. */
  readonly length: number
  /** Its beginning, as it left the point. */
  readonly frame: Uint8Array
  /** What the point reads in it. */
  readonly headers: Headers
}

/** A point lets a packet pass, or not; a denial in audit mode lets it. */
export const verdictOf = ({ kind }: Pick<PacketEvent, 'kind'>): 'allow' | 'deny' =>
  kind === 'drop' ? 'deny' : 'allow'

/** Where a slot of a node's counters stands. */
const places = new WeakMap<NodeDeployment, readonly RulePlace[]>()

/**
 * Reads a record. Throws `RangeError` for bytes that are none, or that speak of a rule which the node does not have.
 * @param deployment what the node enforced when the record was written
 * @param interfaceName of the node, by index
 */
export function decodeEvent(
  bytes: Uint8Array,
  deployment: NodeDeployment,
  interfaceName: (index: number) => string | undefined,
): PacketEvent {
  const { time, slot, interface: index, length, kind: number, frame } = decodeRecord(bytes)
  const { node } = deployment
  const place = placesOf(deployment)[slot]
  const kind = kinds.get(number)
  if (!place || !kind)
    throw new RangeError(
      `decode event of ${node}: there is no rule ${slot} or no kind ${number}; use the rules that were in force`,
    )
  return {
    time,
    node,
    interface: interfaceName(index) ?? '?',
    kind,
    point: place.point,
    tier: place.tier,
    rule: place.rule,
    length,
    frame,
    headers: headersOf(frame, length),
  }
}

const kinds: ReadonlyMap<number, EventKind> = new Map(
  Object.entries(eventKind).map(([name, number]) => [number, name as EventKind]),
)

function placesOf(deployment: NodeDeployment): readonly RulePlace[] {
  const known = places.get(deployment)
  if (known) return known
  const list: RulePlace[] = []
  for (const { point } of deployment.attachments) {
    const first = deployment.firstCounters.get(point.id) as number
    for (const [index, place] of rulesOf(point).entries()) list[first + index] = place
  }
  places.set(deployment, list)
  return list
}

/** Lengths in headers count bytes that a record does not hold: zeros stand for them, which no header reaches into. */
function headersOf(frame: Uint8Array, length: number): Headers {
  if (frame.length >= length) return readHeaders(frame)
  const whole = new Uint8Array(length)
  whole.set(frame)
  return readHeaders(whole)
}
