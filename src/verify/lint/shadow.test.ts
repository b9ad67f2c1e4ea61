/** Shadowed rules against the evaluator: no packet is ever decided by one, and of the others each has a packet that it decides. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PortRange as portRange, prefix } from '../../net/index.ts'
import { flowTier } from '../../policy/built-in.ts'
import { FlowTable, judge, type Match, type Point, type Rule, type RuleTier } from '../../policy/index.ts'
import { point, rule, ruleTier } from '../../policy/testing/sample.ts'
import { shadowedRules } from './shadow.ts'
import { arbitraryMatch, representatives } from './testing/representatives.ts'

const names = (at: Point): readonly string[] =>
  shadowedRules([at]).map(
    ({ place, by, reason }) =>
      `${place.rule.id} ${reason}${by.length > 0 ? ` by ${by.map((other) => other.rule.id).join()}` : ''}`,
  )

describe('a rule is shadowed', () => {
  const web: Match = { protocol: 6, destinationPorts: [portRange(80), portRange(443)] }
  it('by a wider one before it', () => {
    expect(
      names(point([ruleTier('t', rule('wide', 'deny', { protocol: 6 }), rule('web', 'allow', web))])),
    ).toEqual(['web covered by wide'])
  })
  it('by several that cover it together, and not if one is missing', () => {
    const low = rule('low', 'deny', { protocol: 6, destinationPorts: [portRange(0, 100)] })
    const high = rule('high', 'deny', { protocol: 6, destinationPorts: [portRange(101, 65535)] })
    expect(names(point([ruleTier('t', low, high, rule('web', 'allow', web))]))).toEqual([
      'web covered by low,high',
    ])
    expect(names(point([ruleTier('t', low, rule('web', 'allow', web))]))).toEqual([])
  })
  it('by a rule of an earlier tier, unless a rule before that leaves its packets to the next', () => {
    const deny = rule('all', 'deny')
    const role = ruleTier('role', rule('web', 'allow', web))
    expect(names(point([ruleTier('t', deny), role]))).toEqual(['web covered by all'])
    expect(names(point([ruleTier('t', rule('web/next', 'next', web), deny), role]))).toEqual([])
  })
  it('by none that is only audited', () => {
    const audited = { ...ruleTier('t', rule('all', 'deny')), audit: true as const }
    expect(names(point([audited, ruleTier('role', rule('web', 'allow', web))]))).toEqual([])
  })
  it('behind a flow tier, if it asks for packets that open no flow', () => {
    const stray = rule('stray', 'allow', { protocol: 6, tcpFlags: { mask: 0x10, value: 0x10 } })
    const at = point([flowTier, ruleTier('t', stray)], { flow: { table: 'x', heading: 'to-local' } })
    expect(names(at)).toEqual([`stray covered by ${flowTier.noFlow.id}`])
  })
  it('if it matches nothing, or nothing in the scope of its point', () => {
    const nothing = rule('nothing', 'allow', { source: [] })
    const outside = rule('outside', 'allow', { destination: [prefix('10.0.0.0/8')] })
    const scope = { destination: [prefix('192.0.2.0/24')] }
    expect(names(point([ruleTier('t', nothing, outside)], { scope }))).toEqual([
      'nothing matches nothing',
      'outside outside the scope of its point',
    ])
  })
})

const tiers = fc.array(
  fc.record({
    audit: fc.boolean(),
    rules: fc.array(fc.record({ match: arbitraryMatch, action: fc.constantFrom('allow', 'deny', 'next') }), {
      maxLength: 4,
    }),
  }),
  { minLength: 1, maxLength: 3 },
)

describe('against the evaluator', () => {
  it('what is called shadowed never decides, and what is not called so does', () => {
    fc.assert(
      fc.property(tiers, (given) => {
        const at = point(
          given.map(
            ({ rules, audit }, t): RuleTier => ({
              ...ruleTier(
                `t${t}`,
                ...rules.map((one, r) => rule(`${t}/${r}`, one.action as Rule['action'], one.match)),
              ),
              ...(audit && { audit }),
            }),
          ),
        )
        const shadowed = new Set(shadowedRules([at]).map(({ place }) => place.rule.id))
        const deciding = new Set<string>()
        for (const one of representatives(at)) {
          const decision = judge(at, one, { now: 0n, flows: new FlowTable() })
          if (decision.verdict !== 'pass-by')
            for (const { id } of [decision.rule, ...(decision.audited ?? [])]) deciding.add(id)
        }
        for (const tier of at.tiers)
          for (const { id, action } of tier.kind === 'rules' ? tier.rules : [])
            if (shadowed.has(id)) expect(deciding).not.toContain(id)
            else if (action !== 'next') expect(deciding).toContain(id)
      }),
      { numRuns: 150 },
    )
  })
})
