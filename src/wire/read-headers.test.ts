import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ip } from '../net/index.ts'
import { buildFrame, buildPacket } from './build-frame.ts'
import { concat } from './bytes.ts'
import * as ethernet from './ethernet.ts'
import { frameOf } from './frame-of.ts'
import * as ipv6 from './ipv6.ts'
import { readHeaders } from './read-headers.ts'
import { arbitraryBytes, arbitraryHeaders } from './testing/arbitrary.ts'

const four = { source: ip('192.0.2.1'), destination: ip('198.51.100.2') }
const six = { source: ip('2001:db8::1'), destination: ip('2001:db8::2') }
const ports = { sourcePort: 40000, destinationPort: 443 }
const tcp4 = buildFrame({ ip: four, tcp: ports })
const tcp6 = buildFrame({ ip: six, tcp: ports })
const udp4 = buildFrame({ ip: four, udp: ports, payload: Uint8Array.of(1, 2, 3) })
const echo6 = { kind: 'echo-request', identifier: 7, sequence: 1, data: new Uint8Array(4) } as const

const with_ = (
  frame: Uint8Array,
  ...changes: Array<readonly [offset: number, value: number]>
): Uint8Array => {
  const copy = frame.slice()
  for (const [offset, value] of changes) copy[offset] = value
  return copy
}
const shape = (frame: Uint8Array): string => {
  const headers = readHeaders(frame)
  return headers.kind === 'odd' ? headers.reason : 'ip'
}
const link = (etherType: number, payload: Uint8Array) =>
  ethernet.emit({ source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02', etherType }, payload)
const raw6 = (nextHeader: number, segment: Uint8Array, hopLimit = 64) =>
  link(0x86dd, ipv6.emit({ ...six, nextHeader, hopLimit, trafficClass: 0, flowLabel: 0 }, segment))
const raw4 = (protocol: number, segment: Uint8Array) =>
  buildFrame({ ip: { ...four, protocol }, payload: segment })

/** Neighbour discovery to a destination that begins with two bytes. */
const discovery = (type: number, code: number, hopLimit: number, first: number, second: number) =>
  with_(raw6(58, Uint8Array.of(type, code, 0, 0, 0, 0, 0, 0), hopLimit), [38, first], [39, second])

describe('shape, check by check', () => {
  const rows: Array<readonly [what: string, frame: Uint8Array, expected: string]> = [
    ['1 · empty', new Uint8Array(0), 'malformed'],
    ['1 · 13 bytes', tcp4.slice(0, 13), 'malformed'],
    ['2 · ARP of 28 bytes', link(0x0806, new Uint8Array(28)), 'arp'],
    ['2 · ARP with padding', link(0x0806, new Uint8Array(46)), 'arp'],
    ['2 · ARP of 27 bytes', link(0x0806, new Uint8Array(27)), 'malformed'],
    ['3 · VLAN tag', link(0x8100, concat(Uint8Array.of(0, 1, 8, 0), tcp4.subarray(14))), 'not-ip'],
    ['3 · service VLAN tag', link(0x88a8, new Uint8Array(50)), 'not-ip'],
    ['3 · IEEE 802.3 length', link(46, new Uint8Array(46)), 'not-ip'],
    ['3 · MPLS', link(0x8847, new Uint8Array(46)), 'not-ip'],
    ['4 · IPv4 of 19 bytes', tcp4.slice(0, 33), 'malformed'],
    ['5 · version 6 under ethertype 0x0800', with_(tcp4, [14, 0x65]), 'malformed'],
    ['5 · IHL 4', with_(tcp4, [14, 0x44]), 'malformed'],
    ['6 · total length below IHL', with_(tcp4, [14, 0x46], [16, 0], [17, 23]), 'malformed'],
    ['6 · total length beyond the frame', with_(tcp4, [17, 41]), 'malformed'],
    ['7 · options', with_(tcp4, [14, 0x46]), 'ip-options'],
    ['7 · options before fragments', with_(tcp4, [14, 0x46], [20, 0x20]), 'ip-options'],
    ['8 · more fragments', with_(tcp4, [20, 0x20]), 'fragment'],
    ['8 · offset in the low byte', with_(tcp4, [20, 0], [21, 1]), 'fragment'],
    ['8 · offset in the high byte', with_(tcp4, [20, 0x10]), 'fragment'],
    ['8 · reserved bit and do-not-fragment', with_(tcp4, [20, 0xc0]), 'ip'],
    ['8 · a fragment too short for TCP', with_(raw4(6, new Uint8Array(3)), [21, 4]), 'fragment'],
    ['9 · ICMPv6 over IPv4', raw4(58, new Uint8Array(8)), 'malformed'],
    ['10 · IPv6 of 39 bytes', tcp6.slice(0, 53), 'malformed'],
    ['11 · version 4 under ethertype 0x86dd', with_(tcp6, [14, 0x45]), 'malformed'],
    ['12 · payload length beyond the frame', with_(tcp6, [19, 21]), 'malformed'],
    ['12 · jumbogram without hop-by-hop', with_(tcp6, [19, 0]), 'malformed'],
    [
      '12 · UDP length 0 of a jumbogram',
      with_(buildFrame({ ip: six, udp: ports }), [58, 0], [59, 0]),
      'malformed',
    ],
    ['13 · IPv6 fragment', raw6(44, new Uint8Array(8)), 'fragment'],
    ...[0, 43, 51, 60, 135, 139, 140].map(
      (next) => [`14 · next header ${next}`, raw6(next, new Uint8Array(8)), 'extension-header'] as const,
    ),
    ...[2, 41, 50, 59, 61, 134, 136, 138, 141, 253, 254].map(
      (next) => [`14 · not next header ${next}`, raw6(next, new Uint8Array(8)), 'ip'] as const,
    ),
    ['15 · ICMP over IPv6', raw6(1, new Uint8Array(8)), 'malformed'],
    ['16 · TCP of 19 bytes', raw4(6, new Uint8Array(19).fill(0x50)), 'malformed'],
    ['16 · TCP data offset 4', with_(tcp4, [46, 0x40]), 'malformed'],
    ['16 · TCP data offset beyond the segment', with_(tcp4, [46, 0x60]), 'malformed'],
    ['16 · TCP cut by the total length, not by the frame', with_(tcp4, [17, 39]), 'malformed'],
    ['17 · UDP of 7 bytes', raw4(17, new Uint8Array(7)), 'malformed'],
    ['17 · UDP length 7', with_(udp4, [39, 7]), 'malformed'],
    ['17 · UDP length beyond the segment', with_(udp4, [39, 12]), 'malformed'],
    ['17 · UDP length short of the segment', with_(udp4, [39, 9]), 'ip'],
    ['18 · ICMP of 7 bytes', raw4(1, new Uint8Array(7)), 'malformed'],
    ['18 · ICMPv6 of 7 bytes', raw6(58, new Uint8Array(7).fill(135), 255), 'malformed'],
    ['19 · redirect', discovery(137, 0, 255, 0xff, 0x02), 'neighbour-discovery'],
    ['19 · to a link-local address', discovery(135, 0, 255, 0xfe, 0x80), 'neighbour-discovery'],
    [
      '19 · to the end of the link-local addresses',
      discovery(135, 0, 255, 0xfe, 0xbf),
      'neighbour-discovery',
    ],
    ['19 · to an address that is routed', raw6(58, Uint8Array.of(135, 0, 0, 0, 0, 0, 0, 0), 255), 'ip'],
    ['19 · to a site-local address', discovery(135, 0, 255, 0xfe, 0xc0), 'ip'],
    ['19 · to a multicast group beyond the link', discovery(135, 0, 255, 0xff, 0x05), 'ip'],
    ['19 · hop limit 254', discovery(135, 0, 254, 0xff, 0x02), 'ip'],
    ['19 · code 1', discovery(135, 1, 255, 0xff, 0x02), 'ip'],
    ['19 · type 132', raw6(58, Uint8Array.of(132, 0, 0, 0, 0, 0, 0, 0), 255), 'ip'],
    ['19 · type 138', raw6(58, Uint8Array.of(138, 0, 0, 0, 0, 0, 0, 0), 255), 'ip'],
    ['20 · Ethernet padding', concat(tcp4, new Uint8Array(6)), 'ip'],
    ['20 · a protocol without ports and without payload', raw4(47, new Uint8Array(0)), 'ip'],
  ]
  it.each(rows)('%s', (_, frame, expected) => expect(shape(frame)).toBe(expected))
})

describe('headers', () => {
  it('of TCP have ports, flags and numbers', () => {
    const plain = { kind: 'ip', protocol: 6, hopLimit: 64, ...ports, icmpType: 0, icmpCode: 0 }
    const none = { tcpSequence: 0, tcpAcknowledgement: 0 }
    expect(readHeaders(tcp4)).toEqual({ ...plain, family: 4, ...four, tcpFlags: 2, ...none })
    const numbers = { sequence: 0xffffffff, acknowledgement: 0x80000001 }
    const reset = buildFrame({ ip: six, tcp: { ...ports, flags: 0x14, ...numbers } })
    const read = { tcpSequence: 0xffffffff, tcpAcknowledgement: 0x80000001 }
    expect(readHeaders(reset)).toEqual({ ...plain, family: 6, ...six, tcpFlags: 0x14, ...read })
  })
  it('of an echo request have the identifier as source port, of a reply as destination port', () => {
    const request = readHeaders(buildFrame({ ip: six, icmp: echo6 }))
    expect(request).toMatchObject({ sourcePort: 7, destinationPort: 0, icmpType: 128 })
    const reply = readHeaders(buildFrame({ ip: four, icmp: { ...echo6, kind: 'echo-reply' } }))
    expect(reply).toMatchObject({ sourcePort: 0, destinationPort: 7, icmpType: 0 })
  })
  it('do not depend on Ethernet padding', () => {
    expect(readHeaders(concat(udp4, new Uint8Array(20).fill(255)))).toEqual(readHeaders(udp4))
  })
})

describe('quoted flow', () => {
  const quote4 = buildPacket({ ip: { source: four.destination, destination: four.source }, tcp: ports })
  const quote6 = buildPacket({ ip: { source: six.destination, destination: six.source }, udp: ports })
  const error4 = (quoted: Uint8Array) =>
    buildFrame({ ip: four, icmp: { kind: 'unreachable', code: 3, quoted } })
  const error6 = (quoted: Uint8Array) =>
    buildFrame({ ip: six, icmp: { kind: 'packet-too-big', mtu: 1280, quoted } })
  const quotedOf = (frame: Uint8Array) => {
    const headers = readHeaders(frame)
    return headers.kind === 'ip' ? headers.quoted : headers.reason
  }
  const flow4 = { source: four.destination, destination: four.source, protocol: 6, ...ports }

  it('needs the IP header and 8 bytes', () => {
    expect(quotedOf(error4(quote4))).toEqual(flow4)
    expect(quotedOf(error4(quote4.subarray(0, 28)))).toEqual(flow4)
    expect(quotedOf(error4(quote4.subarray(0, 27)))).toBeUndefined()
    expect(quotedOf(error6(quote6.subarray(0, 48)))).toMatchObject({ protocol: 17, ...ports })
    expect(quotedOf(error6(quote6.subarray(0, 47)))).toBeUndefined()
  })
  it('must lie within the declared length', () => {
    const cut = error4(quote4.subarray(0, 28))
    expect(quotedOf(with_(cut, [17, 20 + 8 + 27]))).toBeUndefined()
  })
  it('is absent if the packet is of the other family, has options, or is a later fragment', () => {
    expect(quotedOf(error4(with_(quote4, [0, 0x65])))).toBeUndefined()
    expect(quotedOf(error4(with_(quote4, [0, 0x46])))).toBeUndefined()
    expect(quotedOf(error4(with_(quote4, [7, 1])))).toBeUndefined()
    expect(quotedOf(error4(with_(quote4, [6, 0x20])))).toEqual(flow4)
    expect(quotedOf(error6(with_(quote6, [0, 0x45])))).toBeUndefined()
    for (const next of [0, 43, 44, 51, 60, 135, 139, 140, 1])
      expect(quotedOf(error6(with_(quote6, [6, next])))).toBeUndefined()
    expect(quotedOf(error4(with_(quote4, [9, 58])))).toBeUndefined()
  })
  it('of an echo has its identifier as the outer rule says', () => {
    const request = buildPacket({ ip: four, icmp: { ...echo6, identifier: 9 } })
    expect(quotedOf(error4(request))).toMatchObject({ protocol: 1, sourcePort: 9, destinationPort: 0 })
    const reply = buildPacket({ ip: six, icmp: { ...echo6, kind: 'echo-reply', identifier: 9 } })
    expect(quotedOf(error6(reply))).toMatchObject({ protocol: 58, sourcePort: 0, destinationPort: 9 })
  })
  it('has no ports for other protocols', () => {
    const gre = buildPacket({ ip: { ...four, protocol: 47 }, payload: new Uint8Array(8).fill(255) })
    expect(quotedOf(error4(gre))).toEqual({ ...four, protocol: 47, sourcePort: 0, destinationPort: 0 })
  })
  it('is only in errors: not in redirects, source quench, echoes', () => {
    for (const type of [5, 4, 8, 0, 13]) expect(quotedOf(with_(error4(quote4), [34, type]))).toBeUndefined()
    for (const type of [3, 11, 12]) expect(quotedOf(with_(error4(quote4), [34, type]))).toEqual(flow4)
    for (const type of [1, 2, 3, 4]) expect(quotedOf(with_(error6(quote6), [54, type]))).toBeDefined()
    expect(quotedOf(with_(error6(quote6), [54, 5]))).toBeUndefined()
  })
})

describe('properties', () => {
  it('never throws, whatever the bytes', () => {
    const kinds = new Map<string, number>()
    const count = (bytes: Uint8Array) => {
      const kind = shape(bytes)
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    }
    fc.assert(fc.property(arbitraryBytes(), count), { numRuns: 5000 })
    const all = [
      'arp',
      'extension-header',
      'fragment',
      'ip',
      'ip-options',
      'malformed',
      'neighbour-discovery',
      'not-ip',
    ]
    expect([...kinds.keys()].sort()).toEqual(all)
  })
  it('reads from every generated header what it was built from', () => {
    const roundTrip = fc.property(
      arbitraryHeaders(),
      fc.uint8Array({ maxLength: 24 }),
      (headers, payload) => {
        expect(readHeaders(frameOf(headers, { payload }))).toEqual(headers)
      },
    )
    fc.assert(roundTrip, { numRuns: 3000 })
  })
})
