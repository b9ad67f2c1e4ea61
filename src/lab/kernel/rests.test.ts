import { expect, it } from 'vitest'
import { Rests } from './rests.ts'

const longest = 30_000

it('a look that finds nothing is followed by a short rest, and by a longer one if it took long', () => {
  const rests = new Rests()
  expect(rests.left('a', 0)).toBe(0)
  rests.begin('a', 1000, 1, false, longest)
  expect([rests.left('a', 1000), rests.left('a', 1049), rests.left('a', 1050)]).toEqual([50, 1, 0])
  rests.begin('a', 2000, 100, false, longest)
  expect([rests.left('a', 2000), rests.left('b', 2000)]).toEqual([1900, 0])
})

it('lapses in a row make rests double up to the longest, and a quiet time begins anew', () => {
  const rests = new Rests()
  let now = 0
  const lapse = () => {
    rests.begin('a', now, 1, true, longest)
    const left = rests.left('a', now)
    now += left
    return left
  }
  expect(Array.from({ length: 12 }, lapse)).toEqual([
    50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000,
  ])
  // Looks that find nothing do not lengthen the memory of those that did.
  for (let second = 0; second < 31; second++) rests.begin('a', now + 1000 * second, 1, false, longest)
  now += 31_000
  expect(lapse()).toBe(50)
})

it('one that may not rest for long does not', () => {
  const rests = new Rests()
  for (let row = 0; row < 10; row++) rests.begin('a', 0, 1000, true, 50)
  expect(rests.left('a', 0)).toBe(50)
})
