/** An index of prefixes against asking each of them; a map of prefixes against a list of pairs. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Family, familyBits, Ip } from './ip.ts'
import { Prefix, prefixContains, prefixEquals } from './prefix.ts'
import { PrefixIndex } from './prefix-index.ts'
import { PrefixMap } from './prefix-map.ts'

const family = fc.constantFrom<Family>(4, 6)
/** Near each other, so that some are in some. */
const value = (of: Family) =>
  fc.bigInt(0n, 63n).map((low) => (low << 3n) + (low << BigInt(familyBits(of) - 8)))
const address = family.chain((of) => value(of).map((number) => Ip(of, number)))
const prefix = family.chain((of) =>
  fc
    .tuple(value(of), fc.integer({ min: 0, max: familyBits(of) }))
    .map(([number, length]) => Prefix(of, number, length)),
)

describe('prefixes', () => {
  it('hold an address as the index says', () => {
    fc.assert(
      fc.property(
        fc.array(prefix, { maxLength: 6 }),
        fc.array(address, { maxLength: 20 }),
        (prefixes, addresses) => {
          const index = new PrefixIndex(prefixes)
          for (const each of addresses)
            expect(index.contains(each)).toBe(prefixes.some((one) => prefixContains(one, each)))
        },
      ),
    )
  })

  it('have the value that was last set for them, and no other', () => {
    fc.assert(
      fc.property(
        fc.array(prefix, { maxLength: 20 }),
        fc.array(prefix, { maxLength: 20 }),
        (given, asked) => {
          const map = new PrefixMap<number>()
          given.forEach((each, index) => {
            map.set(each, index)
          })
          for (const each of [...given, ...asked]) {
            const last = given.findLastIndex((one) => prefixEquals(one, each))
            expect(map.get(each)).toBe(last < 0 ? undefined : last)
          }
        },
      ),
    )
  })
})
