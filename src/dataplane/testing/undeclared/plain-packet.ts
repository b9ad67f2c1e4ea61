/** The bytes of a frame, read without the reader of headers that all else shares: what no filter may let pass is told here. */
import { type Ip, ipFromBytes, Protocol } from '../../../net/index.ts'

export interface Packet {
  readonly source: Ip
  readonly destination: Ip
  readonly protocol: number
  /** 0 without ports. */
  readonly sourcePort: number
  readonly destinationPort: number
  readonly isIcmp: boolean
  /** Unreachable, too big, time exceeded, parameter problem (RFC 792; RFC 4443 section 3). */
  readonly isError: boolean
  /** Echo request or reply (RFC 792; RFC 4443 section 4). */
  readonly echo?: 'request' | 'reply'
  /** TCP without ACK and RST: it belongs to no connection that is there (RFC 9293 section 3.10.7). */
  readonly opensTcp: boolean
}

/** A sentence if no filter may let such a frame pass; `undefined` for ARP and neighbour discovery. */
export function plainPacket(frame: Uint8Array): Packet | string | undefined {
  const type = (frame[12]! << 8) | frame[13]!
  if (type === 0x0806) return undefined
  if (type !== 0x0800 && type !== 0x86dd) return `ethertype 0x${type.toString(16)} passed`
  const ip = frame.subarray(14)
  const isIpv4 = type === 0x0800
  const protocol = ip[isIpv4 ? 9 : 6] as number
  if (isIpv4) {
    if (ip[0] !== 0x45) return 'an IPv4 header with options, or of another version, passed'
    if ((ip[6]! & 0x3f) !== 0 || ip[7] !== 0) return 'an IPv4 fragment passed'
    if (((ip[2]! << 8) | ip[3]!) > ip.length) return 'an IPv4 packet longer than its frame passed'
  } else {
    if (ip[0]! >> 4 !== 6) return 'an IPv6 header of another version passed'
    if ([0, 43, 44, 51, 60, 135, 139, 140].includes(protocol)) return 'an IPv6 extension header passed'
    if (((ip[4]! << 8) | ip[5]!) + 40 > ip.length) return 'an IPv6 packet longer than its frame passed'
  }
  const [from, size, start] = isIpv4 ? [12, 4, 20] : [8, 16, 40]
  const isIcmp = protocol === (isIpv4 ? Protocol.icmp : Protocol.icmp6)
  if (protocol === Protocol.icmp6 && isIpv4) return 'ICMPv6 over IPv4 passed'
  const icmpType = ip[start] as number
  if (isIcmp && !isIpv4 && icmpType >= 133 && icmpType <= 137) return undefined
  const hasPorts = protocol === Protocol.tcp || protocol === Protocol.udp
  const port = (at: number): number => (hasPorts ? (ip[at]! << 8) | ip[at + 1]! : 0)
  const [request, reply] = isIpv4 ? [8, 0] : [128, 129]
  const echo = icmpType === request ? 'request' : icmpType === reply ? 'reply' : undefined
  return {
    source: ipFromBytes(ip.slice(from, from + size)),
    destination: ipFromBytes(ip.slice(from + size, from + 2 * size)),
    protocol,
    sourcePort: port(start),
    destinationPort: port(start + 2),
    isIcmp,
    isError: isIcmp && (isIpv4 ? [3, 11, 12] : [1, 2, 3, 4]).includes(icmpType),
    ...(isIcmp && echo && { echo }),
    opensTcp: protocol === Protocol.tcp && (ip[start + 13]! & 0x14) === 0,
  }
}
