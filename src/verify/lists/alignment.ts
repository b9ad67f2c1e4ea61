/**
 * Two sequences of rules laid beside each other: what both have in the same order is common, the rest belongs to one. The merged sequence
 * has both as subsequences, so that the first match of either list is its first match in it.
 *
 * A packet that no rule outside the common ones matches is decided by the same rule in both lists: changes are looked for nowhere else.
 */

/** The merged sequence: `prefix` common rules, then those of the arrays, then `suffix` common rules. */
export interface Alignment {
  readonly prefix: number
  readonly suffix: number
  /** Of each place between them: index in `a` and in `b`, −1 in that which lacks it. */
  readonly inA: Int32Array
  readonly inB: Int32Array
}

/**
 * @param keyOf equal numbers mean rules that do the same to the same packets. It is asked only about rules that are not identical to what
 * stands at their place from the beginning or the end of the other list.
 */
export function align<T>(a: readonly T[], b: readonly T[], keyOf: (rule: T) => number): Alignment {
  const same = (x: T, y: T): boolean => x === y || keyOf(x) === keyOf(y)
  const shorter = Math.min(a.length, b.length)
  let prefix = 0
  while (prefix < shorter && same(a[prefix] as T, b[prefix] as T)) prefix++
  let suffix = 0
  while (suffix < shorter - prefix && same(a[a.length - 1 - suffix] as T, b[b.length - 1 - suffix] as T))
    suffix++
  const keys = (list: readonly T[]) => Int32Array.from(list.slice(prefix, list.length - suffix), keyOf)
  const [keysA, keysB] = [keys(a), keys(b)]
  const partner = partners(keysA, keysB)

  const inA = new Int32Array(keysA.length + keysB.length)
  const inB = new Int32Array(keysA.length + keysB.length)
  let length = 0
  const place = (atA: number, atB: number): void => {
    inA[length] = atA < 0 ? -1 : prefix + atA
    inB[length++] = atB < 0 ? -1 : prefix + atB
  }
  let nextB = 0
  for (let atA = 0; atA < keysA.length; atA++) {
    const atB = partner[atA] as number
    while (nextB < atB) place(-1, nextB++)
    if (atB >= 0) nextB = atB + 1
    place(atA, atB)
  }
  while (nextB < keysB.length) place(-1, nextB++)
  return { prefix, suffix, inA: inA.subarray(0, length), inB: inB.subarray(0, length) }
}

/**
 * Of each place of `a` its place in `b`, or −1: a longest ascending one among the pairings of equal numbers, first with first, second
 * with second (patience sorting; O(n log n)).
 */
function partners(a: Int32Array, b: Int32Array): Int32Array {
  const places = new Map<number, number[]>()
  for (let at = b.length - 1; at >= 0; at--) {
    const list = places.get(b[at] as number)
    if (list) list.push(at)
    else places.set(b[at] as number, [at])
  }
  const pairs = Int32Array.from(a, (key) => places.get(key)?.pop() ?? -1)

  /** Of each length the index whose pairing is the lowest end of an ascending run of that length. */
  const ends: number[] = []
  const before = new Int32Array(a.length).fill(-1)
  for (let at = 0; at < a.length; at++) {
    const pair = pairs[at] as number
    if (pair < 0) continue
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((pairs[ends[middle] as number] as number) < pair) low = middle + 1
      else high = middle
    }
    if (low > 0) before[at] = ends[low - 1] as number
    ends[low] = at
  }
  const partner = new Int32Array(a.length).fill(-1)
  for (let at = ends.at(-1) ?? -1; at >= 0; at = before[at] as number) partner[at] = pairs[at] as number
  return partner
}
