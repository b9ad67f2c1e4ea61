/** Diagrams over three small levels against the same functions written out as tables. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  constant,
  type Diagram,
  type DiagramSet,
  Diagrams,
  everything,
  nothing,
  type Range,
} from './index.ts'

const highest = [3, 7, 2]
const tuples = [0, 1, 2, 3].flatMap((a) =>
  [0, 1, 2, 3, 4, 5, 6, 7].flatMap((b) => [0, 1, 2].map((c) => [a, b, c] as const)),
)
type Table = readonly number[]

const range = (top: number): fc.Arbitrary<Range> =>
  fc.tuple(fc.nat(top), fc.nat(top)).map(([a, b]): Range => [Math.min(a, b), Math.max(a, b)])
const box = fc.record({ ranges: fc.tuple(...highest.map(range)), value: fc.integer({ min: 1, max: 3 }) })
const boxes = fc.array(box, { maxLength: 6 })
type Box = { readonly ranges: readonly Range[]; readonly value: number }

const tableOf = (list: readonly Box[]): Table =>
  tuples.map(
    (tuple) =>
      list.find(({ ranges }) => ranges.every(([first, last], at) => inside(tuple[at] as number, first, last)))
        ?.value ?? 0,
  )
const inside = (value: number, first: number, last: number) => first <= value && value <= last

const cube = (d: Diagrams, { ranges, value }: Box): Diagram =>
  ranges.reduceRight<Diagram>((below, each, level) => d.cut(level, [each], below), constant(value))
const diagramOf = (d: Diagrams, list: readonly Box[]): Diagram => d.first(list.map((each) => cube(d, each)))
const setOf = (d: Diagrams, list: readonly Box[]): DiagramSet =>
  d.where(diagramOf(d, list), (value) => value > 0)
const readAll = (d: Diagrams, diagram: Diagram): Table => tuples.map((tuple) => d.at(diagram, tuple))
const bits = (table: Table): Table => table.map((value) => (value > 0 ? 1 : 0))

const turn = new Map([
  [0, 2],
  [2, 0],
])

describe('operations', () => {
  it('mean what they say', () => {
    fc.assert(
      fc.property(boxes, boxes, (one, two) => {
        const d = new Diagrams(highest)
        const [a, b] = [tableOf(one), tableOf(two)]
        const [first, second, set] = [diagramOf(d, one), diagramOf(d, two), setOf(d, one)]
        expect(readAll(d, first)).toEqual(a)
        expect(readAll(d, set)).toEqual(bits(a))
        expect(readAll(d, d.mask(set, second))).toEqual(b.map((value, at) => (a[at] ? value : 0)))
        expect(readAll(d, d.override(first, second))).toEqual(a.map((value, at) => value || b[at]))
        expect(readAll(d, d.without(first, second))).toEqual(a.map((value, at) => (b[at] ? 0 : value)))
        expect(
          readAll(
            d,
            d.map(first, (value) => [2, 0, 3, 2][value] as number),
          ),
        ).toEqual(a.map((value) => [2, 0, 3, 2][value]))
        expect(d.values(first)).toEqual(new Set(a))
      }),
      { numRuns: 500 },
    )
  })

  it('forget levels, and give them other places', () => {
    fc.assert(
      fc.property(boxes, fc.subarray([0, 1, 2]), (list, levels) => {
        const d = new Diagrams(highest)
        const table = bits(tableOf(list))
        const agree = (x: readonly number[], y: readonly number[]) =>
          x.every((value, at) => levels.includes(at) || value === y[at])
        expect(readAll(d, d.forget(setOf(d, list), levels))).toEqual(
          tuples.map((tuple) => (tuples.some((other, at) => table[at] && agree(tuple, other)) ? 1 : 0)),
        )
        const square = new Diagrams([7, 7, 7])
        const turned = square.rename(setOf(square, list), turn)
        for (const [at, [a, b, c]] of tuples.entries())
          if (a <= 2) expect(square.at(turned, [c, b, a])).toBe(table[at])
      }),
      { numRuns: 200 },
    )
  })
})

describe('a function', () => {
  it('is one diagram, however it is made', () => {
    fc.assert(
      fc.property(boxes, (list) => {
        const d = new Diagrams(highest)
        const made = diagramOf(d, list)
        const again = list.reduce((sofar, each) => d.override(sofar, cube(d, each)), nothing as Diagram)
        const pointwise = d.first(
          tuples.map(([x, y, z], at): Diagram => {
            const value = tableOf(list)[at] as number
            return cube(d, {
              ranges: [
                [x, x],
                [y, y],
                [z, z],
              ],
              value,
            })
          }),
        )
        expect(again).toBe(made)
        expect(pointwise).toBe(made)
      }),
    )
  })

  it('of everything and of nothing has no node', () => {
    const d = new Diagrams(highest)
    expect(d.cut(0, [[0, 3]], everything)).toBe(everything)
    expect(d.without(everything, d.cut(1, [[0, 7]], everything))).toBe(nothing)
    expect(d.size).toBe(0)
  })
})

describe('many nodes', () => {
  it('are found again after the tables have grown', () => {
    const d = new Diagrams([0xffff_ffff, 0xffff_ffff])
    const list = Array.from({ length: 20_000 }, (_, at): Range => [at * 7, at * 7 + (at % 5)])
    const points = list.map(([first, last]) =>
      d.cut(0, [[first, last]], d.cut(1, [[last, last]], everything)),
    )
    const union = d.union(points as DiagramSet[])
    const other = d.union(points.toReversed() as DiagramSet[])
    expect(other).toBe(union)
    for (const [first, last] of list) expect(d.at(union, [first, last])).toBe(1)
    expect(points.every((point) => d.mask(point as DiagramSet, union) === point)).toBe(true)
  })
})

it('finds nodes again after room was made for more', () => {
  fc.assert(
    fc.property(boxes, boxes, (first, second) => {
      const d = new Diagrams(highest)
      const before = diagramOf(d, first)
      d.reserve(300_000)
      expect(diagramOf(d, first)).toBe(before)
      expect(readAll(d, d.override(before, diagramOf(d, second)))).toEqual(tableOf([...first, ...second]))
    }),
    { numRuns: 10 },
  )
})

it('refuses ranges that are in no order, outside of their level, or none', () => {
  const d = new Diagrams(highest)
  const lists: readonly (readonly Range[])[] = [
    [[2, 1]],
    [[3, 8]],
    [
      [4, 5],
      [0, 1],
    ],
    [
      [0, 4],
      [4, 5],
    ],
    [[5, Number.NaN]],
  ]
  for (const ranges of lists) expect(() => d.cut(1, ranges, everything)).toThrow(RangeError)
})
