/** What is counted of differences, against their boxes and against decision diagrams. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PortRange, prefix } from '../../net/index.ts'
import { nothing } from '../diagram/index.ts'
import { PacketSets } from '../packets/index.ts'
import { type Box, dimensions, intersect } from './box.ts'
import { differenceOf, extentOf, type RuleList, RuleTable } from './index.ts'
import { arbitraryLists } from './testing/arbitrary-lists.ts'
import { boxSet, differenceSet } from './testing/list-sets.ts'

/** Packets of a box. */
const sizeOf = (box: Box): bigint =>
  dimensions.reduce(
    (size, each) => size * (box[each][1] - box[each][0] + 1n),
    BigInt([...box.flags.toString(2)].filter((bit) => bit === '1').length),
  )

const sum = (numbers: readonly bigint[]): bigint => numbers.reduce((all, each) => all + each, 0n)
const actionOf = (list: RuleList, rule: number | undefined) =>
  rule === undefined ? list.default : list.rules[rule]?.action

/** Few rules are halved too, and all parts are kept. */
const limits = fc.constantFrom(
  {},
  { few: 0, kept: 0 },
  { few: 1, kept: 0 },
  { few: 3, kept: 2 },
  { few: 32, kept: 0 },
)
/** Seeds are printed when a property fails. */
const lengths = [12, 40, 200] as const

describe('how much two lists do differently', () => {
  it.each(lengths)('is the sum of all boxes, for each pair of actions, of up to %i rules', (length) => {
    let different = 0
    fc.assert(
      fc.property(arbitraryLists(length), limits, ([a, b], limits) => {
        const boxes = [...differenceOf(a, b)]
        const { packets, changes } = extentOf(a, b, { limits })
        expect(packets).toBe(sum(boxes.map(({ box }) => sizeOf(box))))
        expect(packets).toBe(sum(changes.map((change) => change.packets)))
        for (const one of ['allow', 'deny', 'next'] as const)
          for (const other of ['allow', 'deny', 'next'] as const)
            expect(changes.find((change) => change.a === one && change.b === other)?.packets ?? 0n).toBe(
              sum(
                boxes
                  .filter((found) => actionOf(a, found.a) === one && actionOf(b, found.b) === other)
                  .map(({ box }) => sizeOf(box)),
              ),
            )
        if (packets > 0n) different++
      }),
      { numRuns: length === 200 ? 30 : 100 },
    )
    expect(different).toBeGreaterThan(10)
  })

  it('is told by regions that are disjoint and hold all of it, each with an example', () => {
    let several = 0
    fc.assert(
      fc.property(arbitraryLists(40), limits, fc.constantFrom(1, 8, 1000), ([a, b], limits, most) => {
        const { packets, regions } = extentOf(a, b, { limits, regions: most })
        if (regions.length > 30) several++
        expect(sum(regions.map((region) => region.packets))).toBe(packets)
        const sets = new PacketSets()
        const difference = differenceSet(sets, a, b)
        let rest = difference
        for (const [at, { box, packets, example }] of regions.entries()) {
          expect(packets <= sizeOf(box)).toBe(true)
          expect(regions.slice(at + 1).some((other) => intersect(box, other.box))).toBe(false)
          expect(intersect(box, example.box)).toEqual(example.box)
          const [held, shown] = [boxSet(sets, box), boxSet(sets, example.box)]
          if (packets === sizeOf(box)) expect(sets.without(held, difference)).toBe(nothing)
          expect(sets.without(shown, difference)).toBe(nothing)
          expect(actionOf(a, example.a)).not.toBe(actionOf(b, example.b))
          rest = sets.without(rest, held)
        }
        expect(rest).toBe(nothing)
      }),
      { numRuns: 60 },
    )
    expect(several).toBeGreaterThan(0)
  })

  it('is the same with a table that knows one of the lists, and nothing of equal ones', () => {
    fc.assert(
      fc.property(arbitraryLists(12), ([a, b]) => {
        const table = new RuleTable()
        const known = extentOf(a, b, { table })
        expect(extentOf(a, b, { table })).toEqual(known)
        expect(extentOf(b, a, { table }).packets).toBe(known.packets)
        expect(extentOf(a, structuredClone(a), { table })).toEqual({ packets: 0n, changes: [], regions: [] })
      }),
      { numRuns: 40 },
    )
  })
})

it('very many boxes are counted exactly', () => {
  // 2 × 600 crossing stripes: without them 360,000 boxes differ, of one packet each.
  const stripe = (end: 'sourcePorts' | 'destinationPorts', at: number, action: 'allow' | 'deny') => ({
    match: {
      family: 4,
      protocol: 17,
      source: [lan],
      destination: [lan],
      [end]: [PortRange(2 * at)],
    } as const,
    action,
  })
  const lan = prefix('10.0.0.1/32')
  const count = 600
  const list = (first: 'allow' | 'deny', second: 'allow' | 'deny'): RuleList => ({
    rules: [
      ...Array.from({ length: count }, (_, at) => stripe('sourcePorts', at, first)),
      ...Array.from({ length: count }, (_, at) => stripe('destinationPorts', at, second)),
    ],
    default: 'deny',
  })
  const { changes } = extentOf(list('allow', 'deny'), list('deny', 'deny'))
  expect(changes).toEqual([{ a: 'allow', b: 'deny', packets: BigInt(count) * 65_536n }])
  const crossed = extentOf(list('deny', 'allow'), list('allow', 'deny'))
  const half = BigInt(count) * 65_536n
  expect(crossed.changes).toEqual([
    { a: 'allow', b: 'deny', packets: half - BigInt(count) ** 2n },
    { a: 'deny', b: 'allow', packets: half },
  ])
})
