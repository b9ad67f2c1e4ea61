import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Ip } from './ip.ts'
import { formatPrefix, type Prefix, prefix, prefixContains, prefixesOverlap } from './prefix.ts'
import { aggregatePrefixes, subtractPrefixes } from './prefix-set.ts'
import { crowd, crowdedPrefix } from './testing/arbitrary.ts'

const has = (prefixes: readonly Prefix[], address: Ip) => prefixes.some((p) => prefixContains(p, address))
const several = fc.array(crowdedPrefix, { maxLength: 8 })
const text = (prefixes: readonly Prefix[]) => prefixes.map(formatPrefix).join(' ')
const list = (value: string) => value.split(' ').filter(Boolean).map(prefix)

describe('subtract', () => {
  it.each([
    ['192.0.2.0/24', '192.0.2.0/24', ''],
    ['192.0.2.0/24', '0.0.0.0/0', ''],
    ['192.0.2.0/24', '::/0', '192.0.2.0/24'],
    ['192.0.2.0/24', '198.51.100.0/24', '192.0.2.0/24'],
    ['192.0.2.0/30', '192.0.2.1', '192.0.2.0/32 192.0.2.2/31'],
    ['2001:db8::/32', '2001:db8:8000::/33', '2001:db8::/33'],
  ])('%s minus %s', (from, minus, rest) => expect(text(subtractPrefixes(list(from), list(minus)))).toBe(rest))

  it('one address from everything leaves one prefix of each length', () => {
    expect(subtractPrefixes([prefix('0.0.0.0/0')], [prefix('192.0.2.1')])).toHaveLength(32)
    expect(subtractPrefixes([prefix('::/0')], [prefix('2001:db8::1')])).toHaveLength(128)
  })
  it('leaves exactly what is in the one and not in the other', () => {
    const exact = fc.property(several, several, (from, minus) => {
      const rest = subtractPrefixes(from, minus)
      for (const address of crowd) expect(has(rest, address)).toBe(has(from, address) && !has(minus, address))
      for (const p of rest) expect(minus.some((hole) => prefixesOverlap(p, hole))).toBe(false)
    })
    fc.assert(exact)
  })
})

describe('aggregate', () => {
  it.each([
    ['', ''],
    ['192.0.2.128/25 192.0.2.0/25', '192.0.2.0/24'],
    ['192.0.2.128/25 192.0.3.0/25', '192.0.2.128/25 192.0.3.0/25'],
    ['10.0.0.0/8 10.1.0.0/16 10.0.0.0/8', '10.0.0.0/8'],
    ['::/1 8000::/1 128.0.0.0/1 0.0.0.0/1', '0.0.0.0/0 ::/0'],
    ['10.0.0.3 10.0.0.2 10.0.0.0/31 10.0.0.4/30', '10.0.0.0/29'],
  ])('%s', (from, to) => expect(text(aggregatePrefixes(list(from)))).toBe(to))

  it('keeps the addresses, and none could be left out or joined', () => {
    const same = fc.property(several, (prefixes) => {
      const result = aggregatePrefixes(prefixes)
      for (const address of crowd) expect(has(result, address)).toBe(has(prefixes, address))
      for (const [i, p] of result.entries())
        for (const other of result.slice(i + 1)) {
          expect(prefixesOverlap(p, other)).toBe(false)
          expect(aggregatePrefixes([p, other])).toHaveLength(2)
        }
      expect(aggregatePrefixes(result.toReversed())).toEqual(result)
    })
    fc.assert(same)
  })
  it('of a whole and its parts is the whole', () => {
    const whole = fc.property(crowdedPrefix, several, (p, minus) => {
      const parts = subtractPrefixes([p], minus)
      const holes = minus.filter((hole) => prefixesOverlap(p, hole))
      expect(aggregatePrefixes([...parts, ...holes])).toEqual(aggregatePrefixes([p, ...holes]))
    })
    fc.assert(whole)
  })
})
