/** Of two lists that mostly begin and end alike, what lies between. */
export function between<T>(
  one: readonly T[],
  other: readonly T[],
  isSame: (one: T, other: T) => boolean,
): readonly [readonly T[], readonly T[]] {
  const shorter = Math.min(one.length, other.length)
  let first = 0
  while (first < shorter && isSame(one[first] as T, other[first] as T)) first++
  let last = 0
  while (
    last < shorter - first &&
    isSame(one[one.length - 1 - last] as T, other[other.length - 1 - last] as T)
  )
    last++
  return [one.slice(first, one.length - last), other.slice(first, other.length - last)]
}
