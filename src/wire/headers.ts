/**
 * What a filter sees of a frame: the reference meaning of "the source", "the destination port" and so on, for the
 * evaluator. The data plane's parser must agree with `readHeaders` on every byte string.
 */
import { type Family, type Ip, Protocol } from '../net/index.ts'
import type { LinkHeaders } from './link-headers.ts'

/** A frame that is an unfragmented, well-formed IP packet without options or extension headers. */
export interface IpHeaders {
  readonly kind: 'ip'
  readonly family: 4 | 6
  readonly source: Ip
  readonly destination: Ip
  /** 0–255; IPv4 protocol or IPv6 next header. */
  readonly protocol: number
  readonly hopLimit: number
  /** TCP and UDP ports; for ICMP echo requests `sourcePort` and for echo replies `destinationPort` is the identifier; else 0. */
  readonly sourcePort: number
  readonly destinationPort: number
  /** The TCP flags byte (RFC 9293 section 3.1: CWR ECE URG ACK PSH RST SYN FIN from the high bit down); 0 for others. */
  readonly tcpFlags: number
  /** TCP sequence and acknowledgement number, 0 to 2³² − 1; absent: 0. */
  readonly tcpSequence?: number
  readonly tcpAcknowledgement?: number
  /** ICMP or ICMPv6 type and code; 0 for others. */
  readonly icmpType: number
  readonly icmpCode: number
  /** Of an ICMP or ICMPv6 error: the flow of the packet it quotes, in that packet's own direction. */
  readonly quoted?: QuotedFlow
  /** Absent: as the machine that sends it would send it (see `readFrame`). */
  readonly link?: LinkHeaders
}

/** The five-tuple quoted inside an ICMP error (RFC 792, RFC 4443). */
export interface QuotedFlow {
  readonly source: Ip
  readonly destination: Ip
  readonly protocol: number
  readonly sourcePort: number
  readonly destinationPort: number
}

/** A frame that no rule is asked about: its shape alone decides (see `ShapeTier` in `policy/`). */
export interface OddFrame {
  readonly kind: 'odd'
  readonly reason: OddReason
  /** As in {@link IpHeaders}. */
  readonly link?: LinkHeaders
}

/**
 * - `arp`: ethertype 0x0806
 * - `neighbour-discovery`: ICMPv6 types 133–137, hop limit 255, code 0 (RFC 4861 section 3.1), to fe80::/10 or ff02::/16
 * - `not-ip`: any other ethertype, VLAN tags included
 * - `fragment`: IPv4 with more-fragments or an offset; IPv6 with a fragment header (RFC 8200 section 4.5)
 * - `ip-options`: IPv4 header longer than 20 bytes (RFC 7126 advises dropping)
 * - `extension-header`: IPv6 hop-by-hop, routing, destination, authentication, mobility, HIP or shim6 header first
 * - `malformed`: shorter than its headers, lengths that contradict each other, version ≠ ethertype
 */
export type OddReason =
  | 'arp'
  | 'neighbour-discovery'
  | 'not-ip'
  | 'fragment'
  | 'ip-options'
  | 'extension-header'
  | 'malformed'

export type Headers = IpHeaders | OddFrame

/**
 * IPv6 next headers that are `extension-header`: hop-by-hop 0, routing 43, authentication 51, destination 60,
 * mobility 135, HIP 139, shim6 140 (IANA ipv6-parameters). Not among them: fragment 44, which is `fragment`; ESP 50 and
 * the experimental 253 and 254, which are protocols over IPv4 too; no-next-header 59. Those four are protocols to rules.
 */
export const extensionHeaders: readonly number[] = Object.freeze([0, 43, 51, 60, 135, 139, 140])

/** Next header of the IPv6 fragment header. */
export const fragmentHeader = 44

/** Protocols that no well-formed packet of a family has: extension headers, and the ICMP of the other family. */
export const oddProtocols: Readonly<Record<Family, readonly number[]>> = Object.freeze({
  4: [Protocol.icmp6],
  6: [fragmentHeader, ...extensionHeaders, Protocol.icmp],
})

/**
 * ICMP types that report on a packet and quote it: IPv4 unreachable, time exceeded, parameter problem (RFC 792; source
 * quench is obsolete by RFC 6633, redirects do not concern a flow); all four of RFC 4443.
 */
export const icmpErrors: Readonly<Record<4 | 6, readonly number[]>> = Object.freeze({
  4: Object.freeze([3, 11, 12]),
  6: Object.freeze([1, 2, 3, 4]),
})

/** ICMP types of echo (RFC 792, RFC 4443 section 4). */
export const icmpEcho = Object.freeze({
  4: Object.freeze({ request: 8, reply: 0 }),
  6: Object.freeze({ request: 128, reply: 129 }),
} as const)

/** ICMPv6 types, code and hop limit of neighbour discovery (RFC 4861 sections 4 and 6.1, 7.1, 8.1). */
export const neighbourDiscovery = Object.freeze({ first: 133, last: 137, code: 0, hopLimit: 255 } as const)

/** True for headers of an ICMP or ICMPv6 error, whether or not it quotes enough of a packet. */
export const isIcmpError = ({ family, protocol, icmpType }: IpHeaders): boolean =>
  protocol === (family === 4 ? 1 : 58) && icmpErrors[family].includes(icmpType)
