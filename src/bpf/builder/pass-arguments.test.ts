import fc from 'fast-check'
import { expect, it } from 'vitest'
import { passArguments } from './pass-arguments.ts'

function pass(sources: readonly number[]): { registers: number[]; copies: number } {
  const registers = Array.from({ length: 10 }, (_, register) => register * 11)
  let copies = 0
  passArguments(
    sources.map((register) => ({ kind: 'register', register })),
    (register) => register,
    {
      copy: (to, from) => {
        registers[to] = registers[from]!
        copies++
      },
      constant: () => {},
      stackAddress: () => {},
      map: () => {},
    },
  )
  return { registers, copies }
}

it('brings any registers into the places of arguments, as if all at once', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }), (sources) => {
      expect(pass(sources).registers.slice(1, 1 + sources.length)).toEqual(
        sources.map((register) => register * 11),
      )
    }),
    { numRuns: 2000 },
  )
})

it('breaks a cycle with one copy more, and copies nothing that is in place', () => {
  expect(pass([2, 1]).copies).toBe(3)
  expect(pass([2, 3, 1, 5, 4]).copies).toBe(7)
  expect(pass([1, 2, 3]).copies).toBe(0)
})
