/**
 * Frames as an attacker makes them: a sound frame, to which one to four things are done that have broken filters before: cut short, lengths
 * that lie, options, chains of extension headers, fragments that overlap, tags, tunnels, bits that fell over. Nothing is left out because it
 * is impossible: judging it is the filter's work.
 */
import { Protocol } from '../../net/index.ts'
import { extensionHeaders, fragmentHeader } from '../../wire/index.ts'
import type { Draw } from './draw.ts'
import { ethernetHeader, join, spoil } from './draw-frame.ts'

/** At most 1,514 bytes, at least an Ethernet header. */
export function hostileFrame(d: Draw, sound: Uint8Array): Uint8Array {
  let frame = sound
  for (let times = d.between(1, 4); times > 0; times--) frame = d.pick(mutations)(d, frame)
  return frame.subarray(0, 1514)
}

type Mutation = (d: Draw, frame: Uint8Array) => Uint8Array

const mutations: readonly Mutation[] = [
  spoil,
  spoil,
  cut,
  grow,
  flip,
  noise,
  lie,
  ipv4Options,
  ipv4Fragment,
  ipv6Chain,
  ipv6Fragment,
  tag,
  tunnel,
  transport,
  address,
]

const isIpv4 = (frame: Uint8Array): boolean => frame.length >= 34 && frame[12] === 0x08 && frame[13] === 0x00
const isIpv6 = (frame: Uint8Array): boolean => frame.length >= 54 && frame[12] === 0x86 && frame[13] === 0xdd

function cut(d: Draw, frame: Uint8Array): Uint8Array {
  return frame.slice(0, d.between(ethernetHeader, frame.length))
}

function grow(d: Draw, frame: Uint8Array): Uint8Array {
  return join(frame, d.bytes(d.pick([1, 8, 40, 200])))
}

function flip(d: Draw, frame: Uint8Array): Uint8Array {
  const copy = frame.slice()
  for (let times = d.between(1, 8); times > 0; times--) copy[d.below(copy.length)]! ^= 1 << d.below(8)
  return copy
}

/** Everything behind a random place is random. */
function noise(d: Draw, frame: Uint8Array): Uint8Array {
  const from = d.below(frame.length)
  return join(frame.subarray(0, from), d.bytes(frame.length - from))
}

/** A length field says something else: nothing, one, one too many, all that 16 bits hold. */
function lie(d: Draw, frame: Uint8Array): Uint8Array {
  const field = isIpv4(frame) ? d.pick([16, 38]) : isIpv6(frame) ? d.pick([18, 58]) : 14
  const truth = frame.length - (isIpv4(frame) ? 14 : 54)
  const value = d.pick([0, 1, 7, 8, 19, 20, 21, truth - 1, truth + 1, 0x7fff, 0xffff])
  return write16(frame.slice(), field, value)
}

/** A header of 24 to 60 bytes, its options filled with what options may be. */
function ipv4Options(d: Draw, frame: Uint8Array): Uint8Array {
  if (!isIpv4(frame)) return frame
  const words = d.between(1, 10)
  const options = d.bytes(4 * words).map((byte) => (d.chance(50) ? d.pick([0, 1, 7, 68, 131, 137]) : byte))
  const longer = join(frame.subarray(0, 34), options, frame.subarray(34))
  longer[14] = 0x45 + words
  return d.chance(80) ? write16(longer, 16, longer.length - 14) : longer
}

/** First, middle, last, overlapping the transport header (RFC 1858), or with the reserved bit. */
function ipv4Fragment(d: Draw, frame: Uint8Array): Uint8Array {
  if (!isIpv4(frame)) return frame
  const offset = d.pick([0, 0, 1, 2, 3, 185, 0x1fff])
  const flags = d.pick([0, 0x2000, 0x2000, 0x4000, 0x6000, 0x8000])
  return write16(frame.slice(), 20, flags | offset)
}

/** One to six headers between IPv6 and its transport, their lengths right or wrong. */
function ipv6Chain(d: Draw, frame: Uint8Array): Uint8Array {
  if (!isIpv6(frame)) return frame
  let next = frame[20] as number
  let rest = frame.subarray(54)
  for (let times = d.between(1, 6); times > 0; times--) {
    const units = d.pick([0, 0, 1, 2])
    const header = join(Uint8Array.of(next, d.chance(85) ? units : d.below(256)), d.bytes(6 + 8 * units))
    next = d.pick([...extensionHeaders, fragmentHeader, 59, 50])
    rest = join(header, rest)
  }
  const chained = join(frame.subarray(0, 54), rest)
  chained[20] = next
  return d.chance(80) ? write16(chained, 18, chained.length - 54) : chained
}

/** A fragment header in front of the transport: atomic (RFC 6946), first, later, overlapping (RFC 5722). */
function ipv6Fragment(d: Draw, frame: Uint8Array): Uint8Array {
  if (!isIpv6(frame)) return frame
  const offset = d.pick([0, 0, 1, 8, 0x1fff])
  const word = (offset << 3) | d.below(2)
  const header = join(Uint8Array.of(frame[20] as number, 0, word >>> 8, word & 255), d.bytes(4))
  const fragment = join(frame.subarray(0, 54), header, frame.subarray(54))
  fragment[20] = fragmentHeader
  return write16(fragment, 18, fragment.length - 54)
}

/** One or two VLAN tags (802.1Q, 802.1ad), or another ethertype over the same bytes. */
function tag(d: Draw, frame: Uint8Array): Uint8Array {
  const tags = d.several(d.between(1, 2), () => [0x81, 0x00, 0x00, d.below(256)]).flat()
  if (d.chance(70)) return join(frame.subarray(0, 12), Uint8Array.from(tags), frame.subarray(12))
  const types = [
    [0x88, 0x47],
    [0x88, 0x64],
    [0x08, 0x06],
    [0x86, 0xdd],
    [0x08, 0x00],
    [0x88, 0xa8],
  ] as const
  const copy = frame.slice()
  copy.set(d.pick(types), 12)
  return copy
}

/** The packet inside another of the same addresses: IP in IP, 6in4, 4in6. */
function tunnel(d: Draw, frame: Uint8Array): Uint8Array {
  const inner = frame.subarray(14)
  const protocol = isIpv6(frame) ? ipv6InIp : ipInIp
  if (isIpv4(frame)) {
    const outer = frame.slice(0, 34)
    outer[23] = d.pick([protocol, 47, 50, 115])
    return write16(join(outer, inner), 16, 20 + inner.length)
  }
  if (!isIpv6(frame)) return frame
  const outer = frame.slice(0, 54)
  outer[20] = d.pick([protocol, 47, 50, 4])
  return write16(join(outer, inner), 18, inner.length)
}

const ipInIp = 4
const ipv6InIp = 41

/** Another protocol over the same bytes, odd flags, a data offset beyond the segment, port 0. */
function transport(d: Draw, frame: Uint8Array): Uint8Array {
  const copy = frame.slice()
  const at = isIpv4(frame) ? 34 : isIpv6(frame) ? 54 : frame.length
  if (at + 14 > copy.length) return copy
  switch (d.below(4)) {
    case 0:
      copy[isIpv4(frame) ? 23 : 20] = d.pick([
        Protocol.tcp,
        Protocol.udp,
        Protocol.icmp,
        Protocol.icmp6,
        0,
        255,
      ])
      return copy
    case 1:
      copy[at + 13] = d.pick([0, 0x01, 0x03, 0x04, 0x06, 0x10, 0x12, 0x14, 0x29, 0x3f, 0xff])
      return copy
    case 2:
      copy[at + 12] = d.below(16) << 4
      return copy
    default:
      return write16(copy, at + d.pick([0, 2]), 0)
  }
}

/** Source or destination: nobody, everybody, a group, the loopback, or each other's. */
function address(d: Draw, frame: Uint8Array): Uint8Array {
  const copy = frame.slice()
  if (isIpv4(frame)) {
    const some = [
      [0, 0, 0, 0],
      [255, 255, 255, 255],
      [127, 0, 0, 1],
      [224, 0, 0, 1],
      [169, 254, 169, 254],
      copy.subarray(30, 34),
      copy.subarray(26, 30),
    ]
    copy.set(d.pick(some), d.pick([26, 30]))
  }
  if (isIpv6(frame)) {
    const at = d.pick([22, 38])
    const some = [
      new Uint8Array(16),
      copy.slice(38, 54),
      copy.slice(22, 38),
      Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? 0xff : i === 1 ? 2 : i === 15 ? 1 : 0)),
      // Mapped: ::ffff:a.b.c.d
      join(new Uint8Array(10), Uint8Array.of(255, 255), d.bytes(4)),
    ]
    copy.set(d.pick(some), at)
  }
  return copy
}

function write16(bytes: Uint8Array, at: number, value: number): Uint8Array {
  if (at + 1 >= bytes.length) return bytes
  bytes[at] = value >>> 8
  bytes[at + 1] = value
  return bytes
}
