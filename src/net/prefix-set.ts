/** Sets of addresses as lists of prefixes; both families may stand in one list. */
import { compareIp, familyBits } from './ip.ts'
import { Prefix, prefixCovers, prefixEquals, prefixesOverlap, prefixFirst } from './prefix.ts'

/**
 * All addresses of `from` that are in none of `minus`, in the order of `from`. The result is disjoint if `from` is; a
 * prefix that `minus` does not touch stays as it was written.
 */
export function subtractPrefixes(from: readonly Prefix[], minus: readonly Prefix[]): Prefix[] {
  return from.flatMap((whole) => without(whole, minus))
}

function without(whole: Prefix, minus: readonly Prefix[]): Prefix[] {
  const holes = minus.filter((hole) => prefixesOverlap(whole, hole))
  if (holes.length === 0) return [whole]
  if (holes.some((hole) => prefixCovers(hole, whole))) return []
  return halves(whole).flatMap((half) => without(half, holes))
}

function halves({ family, value, length }: Prefix): [Prefix, Prefix] {
  const bit = 1n << BigInt(familyBits(family) - length - 1)
  return [Prefix(family, value, length + 1), Prefix(family, value | bit, length + 1)]
}

/** The same addresses in the fewest prefixes: disjoint, without two halves of one prefix, IPv4 first, then by value. */
export function aggregatePrefixes(prefixes: readonly Prefix[]): Prefix[] {
  const result: Prefix[] = []
  for (const next of prefixes.toSorted(byStartThenSize)) {
    const last = result.at(-1)
    if (last && prefixCovers(last, next)) continue
    result.push(next)
    mergeTail(result)
  }
  return result
}

const byStartThenSize = (a: Prefix, b: Prefix): number =>
  compareIp(prefixFirst(a), prefixFirst(b)) || a.length - b.length

/** Replaces the last two prefixes by the one of which they are the halves, again and again. */
function mergeTail(prefixes: Prefix[]): void {
  for (;;) {
    const [low, high] = prefixes.slice(-2)
    if (!low || !high || low.length === 0 || low.length !== high.length) return
    const whole = Prefix(low.family, low.value, low.length - 1)
    const [first, second] = halves(whole)
    if (!prefixEquals(first, low) || !prefixEquals(second, high)) return
    prefixes.splice(-2, 2, whole)
  }
}
