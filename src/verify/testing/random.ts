/** Random draws that follow from a seed, the same in every run. */

/** Whole numbers from 0 below `end`. */
export type Random = (end: number) => number

/** Numbers from 0 to 1, 1 excluded: mulberry32 (Tommy Ettinger, public domain). */
export function fractionsFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function randomFrom(seed: number): Random {
  const next = fractionsFrom(seed)
  return (end) => Math.floor(next() * end)
}
