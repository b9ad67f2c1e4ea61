import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Family,
  familyBits,
  Ip,
  ip,
  Prefix,
  prefix,
  prefixContains,
  prefixFirst,
  prefixLast,
} from '../../net/index.ts'
import { answerTo, snippet } from '../testing/snippet.ts'
import { emitAddressSet } from './address-set.ts'

function member(prefixes: readonly Prefix[], family: Family) {
  return snippet(family === 4 ? 4 : 16, (b, input) => {
    const [hit, miss] = [b.label('hit'), b.label('miss')]
    const address =
      family === 4
        ? ({ family, value: input.load(4) } as const)
        : ({ family, high: input.load(8), low: input.load(8, 8) } as const)
    emitAddressSet(b, address, prefixes, hit, miss)
    b.place(hit)
    b.exit(2)
    b.place(miss)
    b.exit(1)
  })
}

/** Bases near each other and at the ends, so that prefixes nest, touch and cross the halves of an IPv6 address. */
const arbitraryPrefix: fc.Arbitrary<Prefix> = fc.constantFrom<Family[]>(4, 6).chain((family) => {
  const bits = familyBits(family)
  const all = (1n << BigInt(bits)) - 1n
  const base = fc.oneof(
    fc.bigInt(0n, all),
    fc.constantFrom(
      0n,
      all,
      all >> 1n,
      (1n << 64n) - 1n,
      1n << 64n,
      0x20010db8n << 96n,
      (0x20010db8n << 96n) | ((1n << 64n) - 1n),
    ),
    fc.bigInt(0n, 8n).map((n) => (0x20010db8n << 96n) | (n << 62n)),
    fc.bigInt(0n, 7n).map((n) => n << BigInt(bits - 3)),
  )
  const length = fc.oneof(
    fc.nat(bits),
    fc.constantFrom(0, 1, 2, 3, bits - 2, bits - 1, bits, 63 % bits, 64 % bits, 65 % bits),
  )
  return fc.tuple(base, length).map(([value, n]) => Prefix(family, value & all, n))
})

it('holds what some prefix holds', () => {
  fc.assert(
    fc.property(
      fc.array(arbitraryPrefix, { maxLength: 14 }),
      fc.constantFrom<Family[]>(4, 6),
      fc.array(fc.bigInt(0n, (1n << 128n) - 1n), { maxLength: 5 }),
      (prefixes, family, more) => {
        const all = (1n << BigInt(familyBits(family))) - 1n
        const program = member(prefixes, family)
        const ends = prefixes
          .filter((p) => p.family === family)
          .flatMap((p) => [
            prefixFirst(p).value - 1n,
            prefixFirst(p).value,
            prefixLast(p).value,
            prefixLast(p).value + 1n,
          ])
        // Equal halves in the other order, so that no half is taken for the other.
        const swapped = ends.map((n) => ((n & ((1n << 64n) - 1n)) << 64n) | (n >> 64n))
        for (const value of [...ends, ...(family === 6 ? swapped : []), ...more, 0n, all]) {
          const address = Ip(family, value & all)
          expect(answerTo(program, address)).toBe(prefixes.some((p) => prefixContains(p, address)) ? 2 : 1)
        }
      },
    ),
    { numRuns: 300 },
  )
})

describe('by hand', () => {
  it.each<[string, string[], string[], string[]]>([
    [
      'adjacent',
      ['10.0.0.0/25', '10.0.0.128/25'],
      ['10.0.0.0', '10.0.0.127', '10.0.0.128', '10.0.0.255'],
      ['9.255.255.255', '10.0.1.0'],
    ],
    [
      'the upper half of the address space',
      ['128.0.0.0/1'],
      ['128.0.0.0', '255.255.255.255'],
      ['127.255.255.255', '0.0.0.0'],
    ],
    ['everything', ['0.0.0.0/0'], ['0.0.0.0', '255.255.255.255'], []],
    [
      'one address',
      ['2001:db8::/128'],
      ['2001:db8::'],
      ['2001:db8::1', '2001:db7:ffff:ffff:ffff:ffff:ffff:ffff', '::'],
    ],
    [
      'across the halves',
      ['2001:db8::8000:0:0:0/65', '2001:db8:0:1::/64'],
      [
        '2001:db8::8000:0:0:0',
        '2001:db8::ffff:ffff:ffff:ffff',
        '2001:db8:0:1::',
        '2001:db8:0:1:ffff:ffff:ffff:ffff',
      ],
      ['2001:db8::7fff:ffff:ffff:ffff', '2001:db8:0:2::'],
    ],
    [
      'part of each of two halves',
      ['2001:db8::8000:0:0:0/65', '2001:db8:0:1::/65'],
      ['2001:db8::8000:0:0:0', '2001:db8:0:1::', '2001:db8:0:1:7fff:ffff:ffff:ffff'],
      ['2001:db8::7fff:ffff:ffff:ffff', '2001:db8:0:1:8000::', '2001:db8:0:2::'],
    ],
    [
      'the ends',
      ['::/128', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128'],
      ['::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
      ['::1', '::ffff:ffff:ffff:ffff', 'ffff:ffff:ffff:ffff::'],
    ],
    ['the other family', ['::/0'], [], ['10.0.0.0']],
  ])('%s', (_, prefixes, inside, outside) => {
    for (const text of [...inside, ...outside]) {
      const address = ip(text)
      expect(answerTo(member(prefixes.map(prefix), address.family), address)).toBe(
        inside.includes(text) ? 2 : 1,
      )
    }
  })
})
