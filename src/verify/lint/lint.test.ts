/** Findings against the evaluator: a rule that is called redundant may go, and no packet is judged otherwise. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Prefix, parsePrefix } from '../../net/index.ts'
import { FlowTable, judge, type Point, type Rule, type RuleTier, rulesOf } from '../../policy/index.ts'
import { point, rule, ruleTier } from '../../policy/testing/sample.ts'
import { PacketSets } from '../packets/index.ts'
import { conflictsOf } from './conflicts.ts'
import { fatesOf } from './fates.ts'
import { Regions } from './regions.ts'
import { arbitraryMatch, representatives } from './testing/representatives.ts'

const sets = new PacketSets()
const origin: Rule['origin'] = { kind: 'file', at: { file: 'a.yaml', line: 1, column: 1, length: 1 } }

const arbitraryPoint: fc.Arbitrary<Point> = fc
  .array(
    fc.array(
      fc.record({ match: arbitraryMatch, action: fc.constantFrom<Rule['action']>('allow', 'deny', 'next') }),
      { maxLength: 4 },
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((tiers) =>
    point(
      tiers.map(
        (rules, t): RuleTier =>
          ruleTier(
            `t${t}`,
            ...rules.map(({ action, match }, r) => ({ ...rule(`${t}/${r}`, action, match), origin })),
          ),
      ),
    ),
  )

const verdict = (at: Point, packet: Parameters<typeof judge>[1]): string =>
  judge(at, packet, { now: 0n, flows: new FlowTable() }).verdict

describe('findings against the evaluator', () => {
  it('a rule is redundant if and only if no packet is judged otherwise without it', () => {
    fc.assert(
      fc.property(arbitraryPoint, (at) => {
        const fates = fatesOf(sets, at)
        const packets = representatives(at)
        for (const { place, hit } of new Regions(sets).of(at) ?? []) {
          const fate = fates?.get(place.rule)
          if (!fate) throw new Error(`${place.rule.id} has no fate`)
          const without: Point = {
            ...at,
            tiers: at.tiers.map((tier) =>
              tier.kind === 'rules'
                ? { ...tier, rules: tier.rules.filter((one) => one !== place.rule) }
                : tier,
            ),
          }
          const same = packets.every((packet) => verdict(at, packet) === verdict(without, packet))
          expect(sets.mask(hit, fate.own) === sets.mask(hit, fate.without), place.rule.id).toBe(same)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('of two rules that contradict each other the first decides, and the order of the two matters', () => {
    let found = 0
    fc.assert(
      fc.property(arbitraryPoint, (at) => {
        for (const { first, second, packets } of conflictsOf(sets, new Regions(sets).of(at) ?? [])) {
          found++
          const shown = representatives(at).filter((packet) => sets.holds(packets, packet))
          expect(shown.length).toBeGreaterThan(0)
          for (const packet of shown) {
            const decision = judge(at, packet, { now: 0n, flows: new FlowTable() })
            if (first.place.rule.action !== 'next')
              expect(decision.verdict === 'pass-by' ? undefined : decision.rule.id).toBe(first.place.rule.id)
          }
          expect(first.place.rule.action === 'deny').not.toBe(second.place.rule.action === 'deny')
        }
        expect(rulesOf(at).length).toBeGreaterThan(0)
      }),
      { numRuns: 150 },
    )
    expect(found).toBeGreaterThan(0)
  })

  it('who keeps somebody out before a port is opened says so by the order; the other way round it is found', () => {
    const out = { ...rule('out', 'deny', { source: [parsePrefix('10.0.0.0/8') as Prefix] }), origin }
    const open = {
      ...rule('open', 'allow', { protocol: 17, destinationPorts: [{ first: 53, last: 53 }] }),
      origin,
    }
    const some = {
      ...rule('some', 'allow', {
        source: [parsePrefix('10.1.0.0/16') as Prefix, parsePrefix('192.0.2.0/24') as Prefix],
      }),
      origin,
    }
    const found = (...rules: readonly Rule[]): readonly string[] =>
      conflictsOf(sets, new Regions(sets).of(point([ruleTier('t', ...rules)])) ?? []).map(
        ({ second }) => second.place.rule.id,
      )
    expect(found(out, open)).toEqual([])
    expect(found(open, out)).toEqual(['out'])
    expect(found(out, some)).toEqual(['some'])
  })
})
