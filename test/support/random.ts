/** Random draws that follow from a seed. */

/** Whole numbers from 0 below `end`. */
export type Random = (end: number) => number

/** Mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed
  return (end) => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end)
  }
}

/** One of a list that has some. */
export const pick = <T>(list: readonly T[], random: Random): T => list[random(list.length)] as T

/** Each of a list with even chances, in its order. */
export const some = <T>(list: readonly T[], random: Random): readonly T[] =>
  list.filter(() => random(2) === 0)
