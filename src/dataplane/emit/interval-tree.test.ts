import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerTo, snippet } from '../testing/snippet.ts'
import { emitIntervalTree, type Interval, normalizeIntervals } from './interval-tree.ts'

const widths = [16, 32, 64] as const
type Bits = (typeof widths)[number]
const maximum = (bits: Bits): bigint => (1n << BigInt(bits)) - 1n

/** Ends where signed and unsigned, 32 and 64 bits differ, and where intervals begin and end. */
const arbitraryNumber = (bits: Bits): fc.Arbitrary<bigint> => {
  const max = maximum(bits)
  const ends = [0n, 1n, max, max - 1n, max >> 1n, (max >> 1n) + 1n]
  const words = [0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n].filter((n) => n <= max)
  return fc.oneof(fc.bigInt(0n, max), fc.bigInt(0n, 20n), fc.constantFrom(...ends, ...words))
}

const arbitraryIntervals = (bits: Bits): fc.Arbitrary<Interval[]> =>
  fc.array(
    fc
      .tuple(arbitraryNumber(bits), arbitraryNumber(bits))
      .map(([a, b]) => (a < b ? { first: a, last: b } : { first: b, last: a })),
    { maxLength: 12 },
  )

const holds = (intervals: readonly Interval[], value: bigint): boolean =>
  intervals.some(({ first, last }) => first <= value && value <= last)

/** Numbers at which membership can change, and some others. */
const probes = (intervals: readonly Interval[], bits: Bits, more: readonly bigint[]): bigint[] =>
  [
    ...intervals.flatMap(({ first, last }) => [first - 1n, first, last, last + 1n]),
    0n,
    maximum(bits),
    ...more,
  ].filter((n) => n >= 0n && n <= maximum(bits))

describe('normalised intervals', () => {
  it.each<[string, [bigint, bigint][], [bigint, bigint][]]>([
    ['none', [], []],
    [
      'overlapping',
      [
        [5n, 9n],
        [1n, 6n],
      ],
      [[1n, 9n]],
    ],
    [
      'touching',
      [
        [1n, 2n],
        [3n, 4n],
      ],
      [[1n, 4n]],
    ],
    [
      'apart',
      [
        [1n, 2n],
        [4n, 4n],
      ],
      [
        [1n, 2n],
        [4n, 4n],
      ],
    ],
    [
      'one in another',
      [
        [1n, 9n],
        [3n, 4n],
      ],
      [[1n, 9n]],
    ],
  ])('%s', (_, given, expected) => {
    const intervals = (pairs: [bigint, bigint][]) => pairs.map(([first, last]) => ({ first, last }))
    expect(normalizeIntervals(intervals(given))).toEqual(intervals(expected))
  })

  it('hold the same numbers, sorted, apart', () => {
    fc.assert(
      fc.property(arbitraryIntervals(32), fc.array(arbitraryNumber(32)), (given, more) => {
        const normal = normalizeIntervals(given)
        for (const n of probes(given, 32, more)) expect(holds(normal, n)).toBe(holds(given, n))
        for (const [i, { first, last }] of normal.entries()) {
          expect(first <= last).toBe(true)
          if (i > 0) expect(first > (normal[i - 1] as Interval).last + 1n).toBe(true)
        }
      }),
    )
  })
})

describe.each(widths)('a tree over %i bits', (bits) => {
  const size = (bits / 8) as 2 | 4 | 8

  it('finds the interval that holds a number, or misses', () => {
    fc.assert(
      fc.property(
        arbitraryIntervals(bits),
        fc.array(arbitraryNumber(bits), { maxLength: 8 }),
        (given, more) => {
          const intervals = normalizeIntervals(given)
          const program = snippet(size, (b, input) => {
            const hits = intervals.map(() => b.label('hit'))
            const miss = b.label('miss')
            emitIntervalTree(
              b,
              input.load(size),
              bits,
              intervals.map((interval, n) => ({ ...interval, hit: hits[n]! })),
              miss,
            )
            for (const [n, hit] of hits.entries()) {
              b.place(hit)
              b.exit(100 + n)
            }
            b.place(miss)
            b.exit(1)
          })
          for (const value of probes(intervals, bits, more)) {
            const index = intervals.findIndex(({ first, last }) => first <= value && value <= last)
            expect(answerTo(program, { bits, value })).toBe(index < 0 ? 1 : 100 + index)
          }
        },
      ),
    )
  })

  it('asks nothing that is known', () => {
    const branches = (intervals: readonly Interval[]) => {
      const program = snippet(size, (b, input) => {
        const [hit, miss] = [b.label('hit'), b.label('miss')]
        emitIntervalTree(
          b,
          input.load(size),
          bits,
          intervals.map((interval) => ({ ...interval, hit })),
          miss,
        )
        b.place(hit)
        b.exit(2)
        b.place(miss)
        b.exit(1)
      })
      // One conditional jump checks the packet's length.
      return (
        program.spec.instructions.filter(
          ({ target, opcode }) => target !== undefined && isConditional(opcode),
        ).length - 1
      )
    }
    const max = maximum(bits)
    expect(branches([])).toBe(0)
    expect(branches([{ first: 0n, last: max }])).toBe(0)
    expect(branches([{ first: 7n, last: 7n }])).toBe(1)
    expect(branches([{ first: 0n, last: 7n }])).toBe(1)
    expect(branches([{ first: 7n, last: max }])).toBe(1)
    expect(branches([{ first: 7n, last: 9n }])).toBe(2)
    // 0 and the rest but 1: one question of order, one of equality.
    expect(
      branches([
        { first: 0n, last: 0n },
        { first: 2n, last: max },
      ]),
    ).toBe(2)
  })
})

/** Class JMP or JMP32, neither `ja` nor `call` nor `exit`. */
const isConditional = (opcode: number): boolean =>
  ((opcode & 7) === 5 || (opcode & 7) === 6) && ![0x00, 0x80, 0x90].includes(opcode & 0xf0)
