/**
 * What a flow has come to, and what its packets make of it. TCP is followed by flags, and through its handshake by numbers: each side has
 * to acknowledge what it can know only if it heard the other (RFC 9293 section 3.5). After that a forged packet of a known flow passes, but
 * can neither open a flow nor end a living one.
 */
import { icmpOf, Protocol } from '../net/index.ts'
import { type IpHeaders, icmpEcho } from '../wire/index.ts'
import { openingFlags } from './flow.ts'

/**
 * - `opening`: the opener has spoken. TCP: its SYN passed.
 * - `syn-ack`: TCP whose SYN was answered by SYN and ACK that acknowledge it.
 * - `answered`: not TCP, and the other side has spoken; nothing shows yet that the opener heard it.
 * - `established`: TCP whose opener acknowledged the SYN of the other side; other protocols: the opener has spoken again, and is the side behind
 *   the filter. Who opens from beyond it may never have seen an answer: a second packet is as easily forged as the first.
 * - `remote-closed`: TCP whose side beyond the filter has sent FIN, or somebody in its name: it is kept as if established.
 * - `local-closed`: TCP whose side behind the filter has sent FIN.
 * - `closed`: TCP of which both have, or whose side behind the filter has reset it.
 *
 * The index is the number of the state in the data plane.
 */
export const flowStates = Object.freeze([
  'opening',
  'syn-ack',
  'answered',
  'established',
  'remote-closed',
  'local-closed',
  'closed',
] as const)

export type FlowState = (typeof flowStates)[number]

/**
 * Each side has shown that it hears the other, and neither is done: nothing but its own end makes such a flow give way to another. Whoever
 * bears a forged address gets no flow so far: he would have to know what he does not see.
 */
export const isConfirmed = (state: FlowState): boolean => state === 'established' || state === 'remote-closed'

const isHalfOpen = (state: FlowState): boolean => state === 'opening' || state === 'syn-ack'

/**
 * Seconds without a packet after which a flow is forgotten.
 *
 * - Half open: longer than a round trip and a few retransmissions; a SYN that is sent again later is judged again.
 * - TCP established: 15 minutes. RFC 5382 REQ-5 asks 124 minutes of translators; a filter with bounded memory leaves idle
 *   connections to their keep-alives.
 * - TCP closed by the side behind the filter: what was under way; a side that sends on lives on. FIN of the other side can be forged, and cuts nothing short.
 * - TCP closed: late acknowledgements and repeated FINs, as long as Linux stays in TIME-WAIT (TCP_TIMEWAIT_LEN).
 * - TCP reset: long enough for an ordinary packet to show that the reset was forged.
 * - UDP: 30 seconds until answered (as Linux's conntrack), then two minutes (RFC 4787 REQ-5).
 * - Others, echo among them: 30 seconds (RFC 5508 REQ-1 has 60 for translators; an answer takes no longer than a round trip).
 */
export const flowSeconds = Object.freeze({
  halfOpen: 30,
  tcp: 900,
  halfClosed: 120,
  closed: 60,
  reset: 10,
  udp: 120,
  other: 30,
} as const)

/** Nanoseconds that a flow lives after a packet that left it in a state. */
export function flowLife(protocol: number, state: FlowState): bigint {
  return BigInt(lifeSeconds(protocol, state)) * 1_000_000_000n
}

function lifeSeconds(protocol: number, state: FlowState): number {
  if (protocol === Protocol.udp) return state === 'opening' ? flowSeconds.halfOpen : flowSeconds.udp
  if (protocol !== Protocol.tcp) return flowSeconds.other
  switch (state) {
    case 'opening':
    case 'syn-ack':
      return flowSeconds.halfOpen
    case 'answered':
    case 'established':
    case 'remote-closed':
      return flowSeconds.tcp
    case 'local-closed':
      return flowSeconds.halfClosed
    case 'closed':
      return flowSeconds.closed
  }
}

/** How far a flow has come. Its time is nanoseconds of any steady clock. */
export interface Progress {
  readonly state: FlowState
  /** Initial sequence numbers (ISS and IRS of the opener, RFC 9293 section 3.3.1) as far as they were heard; 0 for other protocols. */
  readonly openerIss: number
  readonly otherIss: number
  /** The last word was a reset. */
  readonly reset: boolean
  /** Forgotten then. */
  readonly deadline: bigint
}

/** A flow after its first packet. @param sequence of that packet, of TCP; else 0 */
export const startOf = (protocol: number, sequence: number, now: bigint): Progress => ({
  state: 'opening',
  openerIss: sequence,
  otherIss: 0,
  reset: false,
  deadline: now + flowLife(protocol, 'opening'),
})

/**
 * Bytes that may come with the opener's SYN and be acknowledged with it (TCP Fast Open, RFC 7413). The SYN of the other side must be acknowledged
 * exactly: who does not know its number has to try them all.
 */
export const handshakeWindow = 1 << 14

/** Whether a segment acknowledges a SYN with this number, and up to so many bytes. */
const acknowledges = ({ tcpAcknowledgement = 0 }: IpHeaders, iss: number, most: number): boolean =>
  (tcpAcknowledgement - iss - 1) >>> 0 <= most

/** What a packet is to flows, by TCP's flags, or the type of ICMP. */
export type PacketKind =
  /** SYN alone; an echo request. */
  | 'open'
  | 'syn-ack'
  /** ACK without SYN, FIN and RST. */
  | 'ack'
  /** FIN and ACK. */
  | 'fin'
  /** RST, with or without ACK. */
  | 'reset'
  /** TCP with any other flags (RFC 9293 knows no meaning for them). */
  | 'odd-flags'
  /** An echo reply. */
  | 'reply'
  /** Neither TCP nor ICMP. */
  | 'datagram'
  /** ICMP that is neither echo nor an error: never of a flow. */
  | 'untracked'

/** Of FIN, SYN, RST and ACK, under {@link openingFlags}.mask. */
export const kindOfFlags: Readonly<Record<number, PacketKind>> = Object.freeze({
  [openingFlags.value]: 'open',
  18: 'syn-ack',
  16: 'ack',
  17: 'fin',
  4: 'reset',
  20: 'reset',
})

/** @param packet not an ICMP error */
export function kindOf({ protocol, family, tcpFlags, icmpType }: IpHeaders): PacketKind {
  if (protocol === Protocol.tcp) return kindOfFlags[tcpFlags & openingFlags.mask] ?? 'odd-flags'
  if (protocol !== icmpOf(family)) return 'datagram'
  const { request, reply } = icmpEcho[family]
  return icmpType === request ? 'open' : icmpType === reply ? 'reply' : 'untracked'
}

/** Whether rules may be asked about a packet of no known flow. */
export const mayOpen = (kind: PacketKind): boolean =>
  kind === 'open' || kind === 'datagram' || kind === 'untracked'

/** What a packet makes of a living flow. */
export type Step =
  /** It passes; the flow lives on in this state. */
  | { readonly kind: 'to'; readonly state: FlowState; readonly otherIss?: number }
  /** It passes; nothing changes. */
  | { readonly kind: 'pass' }
  /** It passes; the flow lives on as it is. */
  | { readonly kind: 'renew' }
  /** It passes; the flow's life is cut short, until an ordinary packet shows that it goes on. */
  | { readonly kind: 'reset' }
  /** It is no packet of this flow, but may be the first of another between the same ends. */
  | { readonly kind: 'opens' }
  /** It fits nothing. */
  | { readonly kind: 'stray' }

const to = (state: FlowState): Step => ({ kind: 'to', state })
const pass: Step = { kind: 'pass' }
const opens: Step = { kind: 'opens' }
const stray: Step = { kind: 'stray' }

/**
 * @param byOpener whether the packet comes from the side that opened the flow
 * @param fromLocal whether it comes from the side behind the filter
 */
export function stepOf(
  packet: IpHeaders,
  { state, reset, openerIss, otherIss }: Progress,
  byOpener: boolean,
  fromLocal: boolean,
): Step {
  const kind = kindOf(packet)
  const { protocol, tcpSequence = 0 } = packet
  if (protocol !== Protocol.tcp) {
    const confirms = fromLocal && state === 'answered'
    if (byOpener) return kind === 'reply' ? stray : to(confirms ? 'established' : state)
    return kind === 'open' ? opens : to(state === 'opening' ? 'answered' : state)
  }
  if (kind === 'odd-flags') return stray
  if (kind === 'open') {
    const another = isHalfOpen(state) && tcpSequence !== openerIss
    return !byOpener || reset || state === 'closed' || another ? opens : pass
  }
  if (state === 'closed') return pass
  if (kind === 'reset') return fromLocal && !isHalfOpen(state) ? to('closed') : { kind: 'reset' }
  const closing = fromLocal ? 'local-closed' : 'remote-closed'
  // Of a handshake that cannot be followed, what the side behind the filter says keeps the flow, as one that gives way.
  const stays: Step = fromLocal ? { kind: 'renew' } : pass
  // One that acknowledges something else concerns another connection; its opener resets that.
  const synAck = (): Step =>
    acknowledges(packet, openerIss, handshakeWindow)
      ? { kind: 'to', state: 'syn-ack', otherIss: tcpSequence }
      : pass
  switch (state) {
    case 'opening':
      if (byOpener || kind === 'fin') return stray
      // An ACK challenges a SYN that meets a connection of old (RFC 9293 section 3.10.7.4).
      return kind === 'syn-ack' ? synAck() : pass
    case 'syn-ack':
      if (byOpener) {
        if (kind === 'syn-ack') return stray
        if (!acknowledges(packet, otherIss, 0)) return stays
        return to(kind === 'fin' ? closing : 'established')
      }
      return kind === 'fin' ? stray : kind === 'syn-ack' ? synAck() : stays
    case 'answered':
    case 'established':
      return to(kind === 'fin' ? closing : 'established')
    case 'remote-closed':
    case 'local-closed':
      return to(kind === 'fin' && state !== closing ? 'closed' : state)
  }
}

/** A living flow after a packet of it that passed. */
export function advance<T extends Progress>(known: T, step: Step, protocol: number, now: bigint): T {
  if (step.kind === 'to') {
    const { state, otherIss = known.otherIss } = step
    return { ...known, state, otherIss, reset: false, deadline: now + flowLife(protocol, state) }
  }
  if (step.kind === 'renew') return { ...known, deadline: now + flowLife(protocol, known.state) }
  if (step.kind !== 'reset') return known
  const soon = now + BigInt(flowSeconds.reset) * 1_000_000_000n
  return { ...known, reset: true, deadline: soon < known.deadline ? soon : known.deadline }
}
