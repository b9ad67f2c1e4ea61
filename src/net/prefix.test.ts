import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ip, ipEquals } from './ip.ts'
import {
  formatPrefix,
  hostPrefix,
  Prefix,
  parsePrefix,
  prefix,
  prefixContains,
  prefixCovers,
  prefixEquals,
  prefixesOverlap,
  prefixFirst,
  prefixLast,
  prefixMask,
  prefixSize,
} from './prefix.ts'
import { anyPrefix, crowd, crowdedPrefix } from './testing/arbitrary.ts'

describe('prefix text', () => {
  it('parse and format round trip', () => {
    fc.assert(fc.property(anyPrefix, (value) => void expect(parsePrefix(formatPrefix(value))).toEqual(value)))
  })
  it.each([
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['192.0.2.1', '192.0.2.1/32'],
    ['::/0', '::/0'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['::1', '::1/128'],
  ])('%s is %s', (text, canonical) => expect(formatPrefix(prefix(text))).toBe(canonical))
  it.each([
    '',
    '/',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0.1/8',
    '2001:db8::1/32',
    '0.0.0.1/0',
    '10.0.0.0/255.0.0.0',
  ])('refuses %j', (text) => {
    expect(parsePrefix(text)).toBeUndefined()
    expect(() => prefix(text)).toThrow(`parse prefix: '${text}' is not`)
  })
})

describe('prefixes', () => {
  it('clear host bits, and refuse lengths outside the family', () => {
    expect(Prefix(4, 0xc0000201n, 24)).toEqual(prefix('192.0.2.0/24'))
    for (const [family, length] of [
      [4, 33],
      [4, -1],
      [4, 1.5],
      [6, 129],
    ] as const)
      expect(() => Prefix(family, 0n, length)).toThrow('build prefix: length')
  })
  it.each([
    ['0.0.0.0/0', 0n, '0.0.0.0', '255.255.255.255', 1n << 32n],
    ['192.0.2.0/31', 0xfffffffen, '192.0.2.0', '192.0.2.1', 2n],
    ['192.0.2.1/32', 0xffffffffn, '192.0.2.1', '192.0.2.1', 1n],
    ['::/0', 0n, '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 1n << 128n],
    ['::1/128', (1n << 128n) - 1n, '::1', '::1', 1n],
  ])('%s: mask, first, last, size', (text, mask, first, last, size) => {
    const p = prefix(text)
    expect(prefixMask(p.family, p.length)).toBe(mask)
    expect(prefixFirst(p)).toEqual(ip(first))
    expect(prefixLast(p)).toEqual(ip(last))
    expect(prefixSize(p)).toBe(size)
  })
  it('contain what lies between their ends, in their family only', () => {
    const between = fc.property(crowdedPrefix, fc.constantFrom(...crowd), (p, address) => {
      const inside = address.value >= prefixFirst(p).value && address.value <= prefixLast(p).value
      expect(prefixContains(p, address)).toBe(address.family === p.family && inside)
    })
    fc.assert(between)
  })
  it('cover and overlap as sets do', () => {
    const asSets = fc.property(crowdedPrefix, crowdedPrefix, (a, b) => {
      const ends = (p: Prefix) => [prefixFirst(p), prefixLast(p)]
      expect(prefixCovers(a, b)).toBe(ends(b).every((address) => prefixContains(a, address)))
      expect(prefixesOverlap(a, b)).toBe(prefixCovers(a, b) || prefixCovers(b, a))
      expect(prefixEquals(a, b)).toBe(prefixCovers(a, b) && prefixCovers(b, a))
    })
    fc.assert(asSets)
  })
  it('of a host hold it alone', () => {
    for (const address of crowd) {
      expect(ipEquals(prefixFirst(hostPrefix(address)), address)).toBe(true)
      expect(prefixSize(hostPrefix(address))).toBe(1n)
    }
  })
})
