/**
 * Reading headers, check by check in the order that `wire/read-headers.ts` writes down; the numbers in this file are its
 * numbers. Since IP options and extension headers never pass, every header has a fixed offset.
 */
import { type Label, type ProgramBuilder, SK_BUFF, type Value } from '../../bpf/index.ts'
import type { Family } from '../../net/index.ts'
import {
  extensionHeaders,
  fragmentHeader,
  icmpEcho,
  neighbourDiscovery,
  type OddReason,
} from '../../wire/index.ts'
import type { Frame } from './frame.ts'

/** Offsets from the start of the frame. */
export const at = {
  etherType: 12,
  4: {
    versionLength: 14,
    totalLength: 16,
    fragment: 20,
    ttl: 22,
    protocol: 23,
    checksum: 24,
    source: 26,
    destination: 30,
    transport: 34,
  },
  6: {
    version: 14,
    payloadLength: 18,
    nextHeader: 20,
    hopLimit: 21,
    source: 22,
    destination: 38,
    transport: 54,
  },
} as const

/** Offsets from the start of the transport header. */
export const transportAt = {
  ports: 0,
  tcpSequence: 4,
  tcpAcknowledgement: 8,
  tcpOffset: 12,
  tcpFlags: 13,
  tcpEnd: 20,
  udpLength: 4,
  icmpType: 0,
  icmpCode: 1,
  identifier: 4,
} as const

/** A number of 16 bits as a little-endian machine loads it from network byte order. */
export const network16 = (n: number): number => ((n & 0xff) << 8) | (n >>> 8)

/** What was read of a well-formed packet; all are mutable registers. */
export interface Parsed {
  readonly family: Family
  readonly protocol: Value
  /** Bytes that IP declares after its header. */
  readonly segment: Value
  /** Source port in the lower, destination port in the upper 16 bits, each in network order as loaded; see `IpHeaders`. */
  readonly ports: Value
  /** TCP flags; or ICMP type in the lower and code in the upper byte; else 0. */
  readonly detail: Value
}

/** Where odd frames go. */
export type OddLabels = Readonly<Record<OddReason, Label>>

/**
 * Emits reading up to the transport header. The code of each family, given by `body`, follows with the packet parsed; it
 * must end in jumps or exits. `link` emits what is asked of the Ethernet header before anything else.
 */
export function emitParse(
  b: ProgramBuilder,
  frame: Frame,
  odd: OddLabels,
  body: (parsed: Parsed) => void,
  link: () => void = () => {},
): void {
  const { data } = frame
  const ipv6 = b.label('ipv6')
  const ipv4 = b.label('ipv4')
  b.requireBytes(frame, 14, odd.malformed) // 1
  link()
  // On receive the kernel may have moved a VLAN tag out of the frame.
  if (frame.hook === 'tc') b.jumpIf(b.ne(b.load(4, b.context, SK_BUFF.vlan_present), 0), odd['not-ip'])
  const etherType = b.load(2, data, at.etherType)
  b.jumpIf(b.eq(etherType, network16(0x0800)), ipv4)
  b.jumpIf(b.eq(etherType, network16(0x86dd)), ipv6)
  b.jumpIf(b.ne(etherType, network16(0x0806)), odd['not-ip']) // 3
  b.jumpIf(b.lt(frame.length, 14 + 28), odd.malformed) // 2
  b.jump(odd.arp)
  b.place(ipv4)
  emitIpv4(b, frame, odd, body)
  b.place(ipv6)
  emitIpv6(b, frame, odd, body)
}

function emitIpv4(b: ProgramBuilder, frame: Frame, odd: OddLabels, body: (parsed: Parsed) => void): void {
  const { data } = frame
  const offsets = at[4]
  const plain = b.label('plain')
  b.requireBytes(frame, 34, odd.malformed) // 4
  const versionLength = b.load(1, data, offsets.versionLength)
  const total = b.bigEndian(b.load(2, data, offsets.totalLength), 16)
  const room = b.sub(frame.length, 14)
  b.jumpIf(b.gt(total, room), odd.malformed) // 6
  b.jumpIf(b.eq(versionLength, 0x45), plain)
  b.jumpIf(b.ne(b.and(versionLength, 0xf0), 0x40), odd.malformed) // 5
  const headerLength = b.shl(b.and(versionLength, 0x0f), 2)
  b.jumpIf(b.lt(headerLength, 20), odd.malformed)
  b.jumpIf(b.lt(total, headerLength), odd.malformed) // 6
  b.jump(odd['ip-options']) // 7
  b.place(plain)
  b.jumpIf(b.lt(total, 20), odd.malformed) // 6
  b.jumpIf(b.anyBit(b.load(2, data, offsets.fragment), network16(0x3fff)), odd.fragment) // 8
  const protocol = b.load(1, data, offsets.protocol)
  b.jumpIf(b.eq(protocol, 58), odd.malformed) // 9
  const segment = b.sub(total, 20)
  emitTransport(b, frame, odd, 4, protocol, segment, body)
}

function emitIpv6(b: ProgramBuilder, frame: Frame, odd: OddLabels, body: (parsed: Parsed) => void): void {
  const { data } = frame
  const offsets = at[6]
  b.requireBytes(frame, 54, odd.malformed) // 10
  b.jumpIf(b.ne(b.and(b.load(1, data, offsets.version), 0xf0), 0x60), odd.malformed) // 11
  const segment = b.bigEndian(b.load(2, data, offsets.payloadLength), 16)
  b.jumpIf(b.gt(segment, b.sub(frame.length, 54)), odd.malformed) // 12
  const protocol = b.load(1, data, offsets.nextHeader)
  b.jumpIf(b.eq(protocol, fragmentHeader), odd.fragment) // 13
  for (const header of extensionHeaders) b.jumpIf(b.eq(protocol, header), odd['extension-header']) // 14
  b.jumpIf(b.eq(protocol, 1), odd.malformed) // 15
  emitTransport(b, frame, odd, 6, protocol, segment, body)
}

function emitTransport(
  b: ProgramBuilder,
  frame: Frame,
  odd: OddLabels,
  family: Family,
  protocol: Value,
  segment: Value,
  body: (parsed: Parsed) => void,
): void {
  const { data } = frame
  const start = at[family].transport
  const ports = b.mov(0)
  const detail = b.mov(0)
  const [udp, icmp, parsed] = [b.label('udp'), b.label('icmp'), b.label('parsed')]

  b.jumpIf(b.eq(protocol, 17), udp)
  b.jumpIf(b.eq(protocol, family === 4 ? 1 : 58), icmp)
  b.jumpIf(b.ne(protocol, 6), parsed)
  b.jumpIf(b.lt(segment, 20), odd.malformed) // 16
  b.requireBytes(frame, start + transportAt.tcpEnd, odd.malformed)
  const offset = b.and(b.shr(b.load(1, data, start + transportAt.tcpOffset), 2), 0x3c)
  b.jumpIf(b.lt(offset, 20), odd.malformed)
  b.jumpIf(b.gt(offset, segment), odd.malformed)
  b.set(ports, b.load(4, data, start + transportAt.ports))
  b.set(detail, b.load(1, data, start + transportAt.tcpFlags))
  b.jump(parsed)

  b.place(udp)
  b.jumpIf(b.lt(segment, 8), odd.malformed) // 17
  b.requireBytes(frame, start + 8, odd.malformed)
  const length = b.bigEndian(b.load(2, data, start + transportAt.udpLength), 16)
  b.jumpIf(b.lt(length, 8), odd.malformed)
  b.jumpIf(b.gt(length, segment), odd.malformed)
  b.set(ports, b.load(4, data, start + transportAt.ports))
  b.jump(parsed)

  b.place(icmp)
  b.jumpIf(b.lt(segment, 8), odd.malformed) // 18
  b.requireBytes(frame, start + 8, odd.malformed)
  b.set(detail, b.load(2, data, start + transportAt.icmpType))
  const type = b.and(detail, 0xff)
  if (family === 6) emitNeighbourDiscovery(b, frame, type, detail, odd) // 19
  emitEchoPorts(b, frame, family, type, start, ports)
  b.jump(parsed)

  b.place(parsed)
  body({ family, protocol, segment, ports, detail })
}

function emitNeighbourDiscovery(
  b: ProgramBuilder,
  frame: Frame,
  type: Value,
  detail: Value,
  odd: OddLabels,
): void {
  const ordinary = b.label('ordinary')
  const { first, last, hopLimit } = neighbourDiscovery
  b.jumpIf(b.lt(type, first), ordinary)
  b.jumpIf(b.gt(type, last), ordinary)
  b.jumpIf(b.ne(b.shr(detail, 8), neighbourDiscovery.code), ordinary)
  b.jumpIf(b.ne(b.load(1, frame.data, at[6].hopLimit), hopLimit), ordinary)
  const scope = b.bigEndian(b.load(2, frame.data, at[6].destination), 16)
  b.jumpIf(b.eq(scope, 0xff02), odd['neighbour-discovery'])
  b.jumpIf(b.eq(b.and(scope, 0xffc0), 0xfe80), odd['neighbour-discovery'])
  b.place(ordinary)
}

/** The identifier as source port of an echo request, as destination port of an echo reply; `ports` is left alone else. */
export function emitEchoPorts(
  b: ProgramBuilder,
  frame: Frame,
  family: Family,
  type: Value,
  start: number,
  ports: Value,
): void {
  const { data } = frame
  b.if(b.eq(type, icmpEcho[family].request), () =>
    b.set(ports, b.load(2, data, start + transportAt.identifier)),
  )
  b.if(b.eq(type, icmpEcho[family].reply), () =>
    b.set(ports, b.shl(b.load(2, data, start + transportAt.identifier), 16)),
  )
}
