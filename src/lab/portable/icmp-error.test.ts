import { describe, expect, it } from 'vitest'
import { ip } from '../../net/index.ts'
import { buildPacket, icmp, icmp6, ipv4, ipv6 } from '../../wire/index.ts'
import { readDatagram } from './datagram.ts'
import { type IcmpCause, icmpError, isOneHost } from './icmp-error.ts'

const ends = {
  4: { source: ip('192.0.2.1'), destination: ip('192.0.2.2') },
  6: { source: ip('2001:db8::1'), destination: ip('2001:db8::2') },
}
const router = { 4: ip('192.0.2.254'), 6: ip('2001:db8::ffff') }
const datagram = (family: 4 | 6, size = 0, change = {}) =>
  readDatagram(
    buildPacket({
      ip: { ...ends[family], ...change },
      udp: { sourcePort: 1, destinationPort: 2 },
      payload: new Uint8Array(size),
    }),
  )!
const messageOf = (packet: Uint8Array | undefined) =>
  packet &&
  (packet[0]! >>> 4 === 4
    ? icmp.parse(icmp.check(ipv4.check(packet)!.payload)!)
    : icmp6.parse(icmp6.check(ipv6.check(packet)!.payload)!))

describe('ICMP errors', () => {
  it.each([
    [4, 'port-unreachable', { kind: 'unreachable', code: 3 }],
    [4, 'no-route', { kind: 'unreachable', code: 0 }],
    [4, 'hop-limit', { kind: 'time-exceeded', code: 0 }],
    [6, 'port-unreachable', { kind: 'unreachable', code: 4 }],
    [6, 'no-route', { kind: 'unreachable', code: 0 }],
    [6, 'hop-limit', { kind: 'time-exceeded', code: 0 }],
  ] as [4 | 6, IcmpCause, object][])('IPv%i %s', (family, cause, expected) => {
    const about = datagram(family)
    const error = icmpError(cause, about, router[family])
    expect(messageOf(error)).toEqual({ ...expected, quoted: about.bytes })
    const sent = readDatagram(error!)
    expect(sent).toMatchObject({ source: router[family], destination: about.source })
  })
  it('quote what fits: 576 bytes in all over IPv4, 1280 over IPv6', () => {
    expect(icmpError('no-route', datagram(4, 1400), router[4])).toHaveLength(576)
    expect(icmpError('no-route', datagram(6, 1400), router[6])).toHaveLength(1280)
  })
  it('are not sent about errors, nor from or to an address of many', () => {
    const error = readDatagram(icmpError('no-route', datagram(4), router[4])!)!
    expect(icmpError('no-route', error, router[4])).toBeUndefined()
    for (const change of [{ destination: ip('224.0.0.1') }, { source: ip('0.0.0.0') }])
      expect(icmpError('no-route', datagram(4, 0, change), router[4])).toBeUndefined()
    expect(icmpError('no-route', { ...datagram(4), laterFragment: true }, router[4])).toBeUndefined()
  })
  it.each([
    ['192.0.2.1', true],
    ['0.0.0.0', false],
    ['127.0.0.1', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['2001:db8::1', true],
    ['::', false],
    ['::1', false],
    ['ff02::1', false],
  ])('%s is the address of one host: %s', (text, one) => expect(isOneHost(ip(text))).toBe(one))
})
