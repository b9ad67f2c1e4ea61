/** The reference flow table: what a stateful point remembers between packets. See `FlowTier` for the meaning. */
import { formatIp, type Ip, icmpOf, Protocol } from '../net/index.ts'
import { type IpHeaders, icmpEcho, isIcmpError } from '../wire/index.ts'
import type { FlowUse } from './point.ts'

/** A flow as seen from behind the filter. */
export interface Flow {
  readonly local: Ip
  readonly remote: Ip
  readonly protocol: number
  readonly localPort: number
  readonly remotePort: number
}

/** Nanoseconds of idleness after which a flow is forgotten. */
export function flowTimeout(protocol: number): bigint {
  const seconds = protocol === Protocol.tcp ? 900n : protocol === Protocol.udp ? 120n : 30n
  return seconds * 1_000_000_000n
}

/** The flow that a packet at a point belongs to. */
export function flowOf(heading: FlowUse['heading'], packet: IpHeaders): Flow {
  const { source, destination, protocol, sourcePort, destinationPort } = packet
  return heading === 'to-local'
    ? { local: destination, remote: source, protocol, localPort: destinationPort, remotePort: sourcePort }
    : { local: source, remote: destination, protocol, localPort: sourcePort, remotePort: destinationPort }
}

/** The flow that an ICMP error at a point is about; `undefined` if it quotes none, or was sent to somebody else. */
export function quotedFlowOf(heading: FlowUse['heading'], packet: IpHeaders): Flow | undefined {
  const { quoted } = packet
  if (!quoted || quoted.source.value !== packet.destination.value) return undefined
  const { source, destination, protocol, sourcePort, destinationPort } = quoted
  return heading === 'to-local'
    ? { local: source, remote: destination, protocol, localPort: sourcePort, remotePort: destinationPort }
    : { local: destination, remote: source, protocol, localPort: destinationPort, remotePort: sourcePort }
}

/** Whether the packet may be the first of a flow. */
export function mayOpen(packet: IpHeaders): boolean {
  if (packet.protocol === Protocol.tcp) return opensTcp(packet)
  return !isIcmpError(packet) && !isEchoReply(packet)
}

const isEchoReply = ({ protocol, family, icmpType }: IpHeaders): boolean =>
  protocol === icmpOf(family) && icmpType === icmpEcho[family].reply

/** FIN, SYN, RST and ACK, of which SYN alone opens a connection (RFC 9293 section 3.5). */
export const openingFlags = Object.freeze({ mask: 0x17, value: 0x02 } as const)

/** Whether the packet is TCP that opens a connection. */
export const opensTcp = ({ protocol, tcpFlags }: IpHeaders): boolean =>
  protocol === Protocol.tcp && (tcpFlags & openingFlags.mask) === openingFlags.value

/** Known flows of one stateful filter, by the time each was last seen. Times are nanoseconds of any steady clock. */
export class FlowTable {
  readonly #lastSeen = new Map<string, bigint>()
  /** When a flow ends, whatever is seen of it. */
  readonly #until = new Map<string, bigint>()

  /** Whether the flow is known now; if so it counts as seen now. */
  touch(flow: Flow, now: bigint): boolean {
    const key = keyOf(flow)
    const seen = this.#lastSeen.get(key)
    if (seen === undefined || now - seen >= flowTimeout(flow.protocol)) return false
    if (now >= (this.#until.get(key) ?? now + 1n)) return false
    this.#lastSeen.set(key, now)
    return true
  }

  /** @param until when it ends, whatever is seen of it; absent: never */
  open(flow: Flow, now: bigint, { until }: { readonly until?: bigint } = {}): void {
    const key = keyOf(flow)
    this.#lastSeen.set(key, now)
    if (until === undefined) this.#until.delete(key)
    else this.#until.set(key, until)
  }

  get size(): number {
    return this.#lastSeen.size
  }
}

const keyOf = (flow: Flow): string =>
  `${flow.protocol} ${formatIp(flow.local)} ${flow.localPort} ${formatIp(flow.remote)} ${flow.remotePort}`
