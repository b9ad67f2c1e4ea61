/** The decision diagram of a point against the evaluator, packet by packet. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryFilterCase } from '../../src/dataplane/testing/arbitrary-point.ts'
import { FlowTable, judge, type Point } from '../../src/policy/index.ts'
import { PacketSets } from '../../src/verify/packets/index.ts'
import { PointDecisions } from '../../src/verify/points/index.ts'
import { type IpHeaders, readFrame } from '../../src/wire/index.ts'
import { numberOf } from '../support/numbered.ts'

/** Without grants and limits, whose state is not part of a proof. */
const withoutLimits = (point: Point): Point => ({
  ...point,
  tiers: point.tiers.filter(({ kind }) => kind !== 'limit'),
})

function judged(point: Point, packet: IpHeaders): number {
  const { link: _, ...headers } = packet
  return numberOf(point, judge(point, headers, { flows: new FlowTable(), now: 0n }))
}

describe('against the evaluator', () => {
  it('every packet is decided by the same rule', () => {
    let packets = 0
    fc.assert(
      fc.property(arbitraryFilterCase({ steps: 60 }), ({ points: given, steps }) => {
        const sets = new PacketSets()
        const decisions = new PointDecisions(sets)
        const points = given.map(withoutLimits)
        const diagrams = points.map((point) => decisions.of(point))
        for (const { frame } of steps) {
          const packet = readFrame(frame)
          if (packet.kind !== 'ip') continue
          points.forEach((point, index) => {
            packets++
            expect(sets.valueFor(diagrams[index] as never, packet)).toBe(judged(point, packet))
          })
        }
      }),
      { numRuns: 300 },
    )
    expect(packets).toBeGreaterThan(10_000)
  })
})
