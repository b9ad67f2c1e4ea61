/** Prefixes for property tests: of any length, and crowded into few addresses so that they overlap and adjoin. */
import fc from 'fast-check'
import { type Family, familyBits, Ip } from '../ip.ts'
import { Prefix } from '../prefix.ts'

export const anyPrefix: fc.Arbitrary<Prefix> = fc.constantFrom<Family>(4, 6).chain((family) => {
  const bits = familyBits(family)
  const length = fc.oneof(fc.constantFrom(0, 1, bits - 1, bits), fc.nat(bits))
  return fc
    .tuple(fc.bigInt(0n, (1n << BigInt(bits)) - 1n), length)
    .map(([value, prefixLength]) => Prefix(family, value, prefixLength))
})

/** The 32 addresses at either end of both families: small enough to try them all. */
export const crowd: readonly Ip[] = ([4, 6] as const).flatMap((family) => {
  const last = (1n << BigInt(familyBits(family))) - 1n
  return Array.from({ length: 32 }, (_, i) => Ip(family, i < 16 ? BigInt(i) : last - BigInt(31 - i)))
})

export const crowdedPrefix: fc.Arbitrary<Prefix> = fc
  .tuple(
    fc.constantFrom(...crowd),
    fc.oneof({ weight: 9, arbitrary: fc.nat(5) }, { weight: 1, arbitrary: fc.nat(128) }),
  )
  .map(([{ family, value }, short]) => Prefix(family, value, Math.max(0, familyBits(family) - short)))
