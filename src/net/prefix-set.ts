/** Sets of addresses as lists of prefixes. */
import { familyBits } from './ip.ts'
import { Prefix, prefixCovers, prefixesOverlap } from './prefix.ts'

/** All addresses of `from` that are in none of `minus`, as disjoint prefixes in the order of `from`. */
export function subtractPrefixes(from: readonly Prefix[], minus: readonly Prefix[]): Prefix[] {
  return from.flatMap((whole) => minus.reduce((rest, hole) => rest.flatMap((p) => without(p, hole)), [whole]))
}

function without(whole: Prefix, hole: Prefix): Prefix[] {
  if (!prefixesOverlap(whole, hole)) return [whole]
  if (prefixCovers(hole, whole)) return []
  return halves(whole).flatMap((half) => without(half, hole))
}

function halves({ family, value, length }: Prefix): [Prefix, Prefix] {
  const bit = 1n << BigInt(familyBits(family) - length - 1)
  return [Prefix(family, value, length + 1), Prefix(family, value | bit, length + 1)]
}
