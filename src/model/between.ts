/** Of two lists that mostly begin and end alike, what lies between, and from which place on. */
export function between<T>(
  one: readonly T[],
  other: readonly T[],
  isSame: (one: T, other: T) => boolean,
): readonly [one: readonly T[], other: readonly T[], first: number] {
  const shorter = Math.min(one.length, other.length)
  let first = 0
  while (first < shorter && isSame(one[first] as T, other[first] as T)) first++
  let last = 0
  while (
    last < shorter - first &&
    isSame(one[one.length - 1 - last] as T, other[other.length - 1 - last] as T)
  )
    last++
  return [one.slice(first, one.length - last), other.slice(first, other.length - last), first]
}
