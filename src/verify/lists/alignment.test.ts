import fc from 'fast-check'
import { expect, it } from 'vitest'
import { align } from './alignment.ts'

const sequence = fc.array(fc.nat(6), { maxLength: 12 })

it('has both sequences as subsequences, with common places equal', () => {
  fc.assert(
    fc.property(sequence, sequence, (a, b) => {
      const { prefix, suffix, inA, inB } = align(a, b, (value) => value)
      const run = (start: number, length: number) => Array.from({ length }, (_, at) => start + at)
      const whole = (middle: Int32Array, length: number) => [
        ...run(0, prefix),
        ...middle,
        ...run(length - suffix, suffix),
      ]
      const [allA, allB] = [whole(inA, a.length), whole(inB, b.length)]
      expect(allA.filter((at) => at >= 0)).toEqual(run(0, a.length))
      expect(allB.filter((at) => at >= 0)).toEqual(run(0, b.length))
      allA.forEach((atA, place) => {
        const atB = allB[place] as number
        expect(atA >= 0 || atB >= 0).toBe(true)
        if (atA >= 0 && atB >= 0) expect(a[atA]).toBe(b[atB])
      })
    }),
  )
})

it('finds as few changes as one edit makes', () => {
  const list = Array.from({ length: 100 }, (_, at) => at)
  const changes = (b: readonly number[]) => {
    const { inA, inB } = align(list, b, (value) => value)
    return [...inA].filter((at) => at < 0).length + [...inB].filter((at) => at < 0).length
  }
  expect(changes(list)).toBe(0)
  expect(changes(list.toSpliced(40, 1))).toBe(1)
  expect(changes(list.toSpliced(40, 0, 777))).toBe(1)
  expect(changes(list.toSpliced(40, 1, 777))).toBe(2)
  // Moved: gone from one place, come at another.
  expect(changes(list.toSpliced(10, 1).toSpliced(80, 0, 10))).toBe(2)
})
