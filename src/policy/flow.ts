/** Flows: a protocol and two ends, one of them behind the filter; which flow a packet belongs to. */
import { type Ip, icmpOf, Protocol } from '../net/index.ts'
import { type IpHeaders, icmpEcho } from '../wire/index.ts'
import type { FlowUse } from './point.ts'

/** A flow as seen from behind the filter. */
export interface Flow {
  readonly local: Ip
  readonly remote: Ip
  readonly protocol: number
  readonly localPort: number
  readonly remotePort: number
}

/** An end of a flow: behind the filter, or beyond it. */
export type Side = 'local' | 'remote'

/** The end that sends the packets which are judged under a heading. */
export const senderOf = (heading: FlowUse['heading']): Side => (heading === 'to-local' ? 'remote' : 'local')

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

/** FIN, SYN, RST and ACK, of which SYN alone opens a connection (RFC 9293 section 3.5). */
export const openingFlags = Object.freeze({ mask: 0x17, value: 0x02 } as const)

/** Whether the packet is TCP that opens a connection. */
export const opensTcp = ({ protocol, tcpFlags }: IpHeaders): boolean =>
  protocol === Protocol.tcp && (tcpFlags & openingFlags.mask) === openingFlags.value

/**
 * The packet that would open the flow: from its opener, TCP with SYN alone, of ICMP an echo request. No rule asks about its
 * hop limit.
 */
export function openingOf(flow: Flow, opener: Side): IpHeaders {
  const { local, remote, protocol, localPort, remotePort } = flow
  const { family } = local
  const ends =
    opener === 'local'
      ? { source: local, destination: remote, sourcePort: localPort, destinationPort: remotePort }
      : { source: remote, destination: local, sourcePort: remotePort, destinationPort: localPort }
  return {
    kind: 'ip',
    family,
    ...ends,
    protocol,
    hopLimit: 64,
    tcpFlags: protocol === Protocol.tcp ? openingFlags.value : 0,
    icmpType: protocol === icmpOf(family) ? icmpEcho[family].request : 0,
    icmpCode: 0,
  }
}
