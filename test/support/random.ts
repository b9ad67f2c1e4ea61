/** Random draws that follow from a seed. */
import type { Random } from '../../src/verify/testing/random.ts'

export { type Random, randomFrom } from '../../src/verify/testing/random.ts'

/** One of a list that has some. */
export const pick = <T>(list: readonly T[], random: Random): T => list[random(list.length)] as T

/** Each of a list with even chances, in its order. */
export const some = <T>(list: readonly T[], random: Random): readonly T[] =>
  list.filter(() => random(2) === 0)
