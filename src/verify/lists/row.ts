/** What rows have in common, and what one leaves of another. */
import type { Layout } from './layout.ts'

/** Whether two rows have something in common. */
export function meets({ ranges }: Layout, row: Uint32Array, others: Uint32Array, base: number): boolean {
  for (let at = 0; at < 2 * ranges; at += 2)
    if (
      (others[base + at] as number) > (row[at + 1] as number) ||
      (others[base + at + 1] as number) < (row[at] as number)
    )
      return false
  const common = (row[2 * ranges] as number) & (others[base + 2 * ranges] as number)
  return (common & ((row[2 * ranges + 1] as number) ^ (others[base + 2 * ranges + 1] as number))) === 0
}

/** Narrows `row` to what it has in common with row `other` of an array; false: nothing, and `row` is then of no use. */
export function narrow({ ranges }: Layout, row: Uint32Array, others: Uint32Array, base: number): boolean {
  for (let at = 0; at < 2 * ranges; at += 2) {
    const first = Math.max(row[at] as number, others[base + at] as number)
    const last = Math.min(row[at + 1] as number, others[base + at + 1] as number)
    if (first > last) return false
    row[at] = first
    row[at + 1] = last
  }
  const [mask, value] = [row[2 * ranges] as number, row[2 * ranges + 1] as number]
  const [otherMask, otherValue] = [
    others[base + 2 * ranges] as number,
    others[base + 2 * ranges + 1] as number,
  ]
  if ((mask & otherMask & (value ^ otherValue)) !== 0) return false
  row[2 * ranges] = mask | otherMask
  row[2 * ranges + 1] = value | otherValue
  return true
}

/**
 * Narrows `row` to what it has in common with `other`, which must be something; what it loses goes to `rest`, a row at a time that is
 * written over afterwards. They share nothing. Small fields are cut first, since what they leave is of the most use.
 */
export function split(
  { ranges, words }: Layout,
  row: Uint32Array,
  others: Uint32Array,
  base: number,
  rest: (piece: Uint32Array) => void,
): void {
  const cut = (range: number): void => {
    const at = 2 * range
    const [first, last] = [row[at] as number, row[at + 1] as number]
    const [from, to] = [others[base + at] as number, others[base + at + 1] as number]
    if (from > first) {
      row[at + 1] = from - 1
      rest(row)
      row[at] = from
      row[at + 1] = last
    }
    if (to < last) {
      row[at] = to + 1
      rest(row)
      row[at] = Math.max(first, from)
      row[at + 1] = to
    }
  }
  for (let range = 2 * words; range < 2 * words + 3; range++) cut(range)
  const missing = (others[base + 2 * ranges] as number) & ~(row[2 * ranges] as number)
  for (let bit = 1; bit <= missing; bit <<= 1) {
    if ((missing & bit) === 0) continue
    const wanted = (others[base + 2 * ranges + 1] as number) & bit
    row[2 * ranges] = (row[2 * ranges] as number) | bit
    row[2 * ranges + 1] = (row[2 * ranges + 1] as number) | (wanted ^ bit)
    rest(row)
    row[2 * ranges + 1] = (row[2 * ranges + 1] as number) ^ bit
  }
  for (let range = 2 * words + 3; range < ranges; range++) cut(range)
  for (let range = 0; range < 2 * words; range++) cut(range)
}

/** Bits of a number that are 1. */
export function bitsOf(number: number): number {
  let count = 0
  for (let left = number; left !== 0; left &= left - 1) count++
  return count
}
