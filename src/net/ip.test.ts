import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compareIp,
  type Family,
  familyBits,
  formatIp,
  Ip,
  ip,
  ipBytes,
  ipEquals,
  ipFromBytes,
  parseIp,
} from './ip.ts'

const anyIp = fc
  .constantFrom<Family>(4, 6)
  .chain((family) => fc.bigInt(0n, (1n << BigInt(familyBits(family))) - 1n).map((value) => Ip(family, value)))

/** Eight groups, of which many are zero: where RFC 5952 has its choices. */
const sparse6 = fc
  .array(fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(0xffff) }), {
    minLength: 8,
    maxLength: 8,
  })
  .map((groups) =>
    Ip(
      6,
      groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n),
    ),
  )

describe('IPv4 text', () => {
  it.each([
    ['0.0.0.0', 0n],
    ['192.0.2.1', 0xc0000201n],
    ['255.255.255.255', 0xffffffffn],
  ])('%s', (text, value) => {
    expect(parseIp(text)).toEqual({ family: 4, value })
    expect(formatIp(Ip(4, value))).toBe(text)
  })
  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '01.2.3.4',
    '1.2.3.4 ',
    '1.2.3.-4',
    '1.2.3.0x4',
    '1..2.3',
    '١.2.3.4',
  ])('refuses %j', (text) => expect(parseIp(text)).toBeUndefined())
})

describe('IPv6 text', () => {
  // RFC 5952: sections 1, 2, 4.1, 4.2.1, 4.2.2, 4.2.3, 4.3, in this order.
  it.each([
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8::0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8:0:0:1::1', '2001:db8::1:0:0:1'],
    ['2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:1'],
    ['2001:db8:0:0:0::1', '2001:db8::1'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::ABCD', '2001:db8::abcd'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ])('%s is %s', (text, canonical) => expect(formatIp(ip(text))).toBe(canonical))

  it.each([
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::1:2:3:4:5:6:7:8',
    '12345::',
    'g::',
    ':1::2',
    '1:',
    '::1%eth0',
    '::192.0.2',
    '192.0.2.1::',
    '::192.0.2.1:5',
    '1:2:3:4:5:6:7:192.0.2.1',
    '[::1]',
    ' ::1',
  ])('refuses %j', (text) => expect(parseIp(text)).toBeUndefined())
})

describe('addresses', () => {
  it('parse and format round trip', () => {
    const roundTrip = fc.property(fc.oneof(anyIp, sparse6), (address) => {
      const text = formatIp(address)
      expect(parseIp(text)).toEqual(address)
      expect(text).not.toMatch(/[A-F]|::.*::/)
    })
    fc.assert(roundTrip)
  })
  it('bytes round trip, in network order', () => {
    expect(ipBytes(ip('192.0.2.1'))).toEqual(Uint8Array.of(192, 0, 2, 1))
    fc.assert(fc.property(anyIp, (address) => void expect(ipFromBytes(ipBytes(address))).toEqual(address)))
    expect(() => ipFromBytes(new Uint8Array(5))).toThrow('read address: 5 bytes')
  })
  it('parse never throws', () => {
    const hostile = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('1', 'f', ':', '.', '0') }))
    fc.assert(fc.property(hostile, (text) => void parseIp(text)))
    expect(() => ip('nonsense')).toThrow("parse address: 'nonsense' is not")
  })
  it('are totally ordered, IPv4 first', () => {
    const sorted = ['0.0.0.0', '9.0.0.0', '10.0.0.0', '::', '::1', 'ff::'].map(ip)
    for (const [i, a] of sorted.entries())
      for (const [j, b] of sorted.entries()) {
        expect(Math.sign(compareIp(a, b))).toBe(Math.sign(i - j))
        expect(ipEquals(a, b)).toBe(i === j)
      }
  })
  it('are frozen', () => expect(Object.isFrozen(ip('::1'))).toBe(true))
})
