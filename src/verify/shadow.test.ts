/** Shadowed rules against the evaluator: no packet is ever decided by one, and of the others each has a packet that it decides. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  Ip,
  type PortRange,
  type Prefix,
  Protocol,
  PortRange as portRange,
  prefix,
  prefixFirst,
  prefixLast,
} from '../net/index.ts'
import { flowTier } from '../policy/built-in.ts'
import { FlowTable, judge, type Match, type Point, type Rule, type RuleTier } from '../policy/index.ts'
import { flow, packet, point, rule, ruleTier } from '../policy/testing/sample.ts'
import type { IpHeaders } from '../wire/index.ts'
import { shadowedRules } from './shadow.ts'

const names = (at: Point): readonly string[] =>
  shadowedRules(at).map(
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

const prefixes = ['10.0.0.0/30', '10.0.0.0/31', '10.0.0.2/31', '10.0.0.1/32', '10.0.0.3/32', '0.0.0.0/0'].map(
  prefix,
)
const ranges = [portRange(1), portRange(2, 3), portRange(1, 3), portRange(0, 65535), portRange(3, 9)]
const some = <T>(values: readonly T[]) =>
  fc.option(fc.subarray([...values], { maxLength: 2 }), { nil: undefined })

const match: fc.Arbitrary<Match> = fc
  .record({
    protocol: fc.constantFrom(undefined, 6, 17),
    source: some(prefixes),
    destination: some(prefixes),
    ports: some(ranges),
    flags: fc.constantFrom(undefined, { mask: 0x02, value: 0x02 }, { mask: 0x12, value: 0x10 }),
  })
  .map(({ protocol, source, destination, ports, flags }) => ({
    family: 4,
    ...(protocol && { protocol }),
    ...(source && { source }),
    ...(destination && { destination }),
    ...(protocol && ports && { destinationPorts: ports }),
    ...(protocol === 6 && flags && { tcpFlags: flags }),
  }))

const tiers = fc.array(
  fc.record({
    audit: fc.boolean(),
    rules: fc.array(fc.record({ match, action: fc.constantFrom('allow', 'deny', 'next') }), { maxLength: 4 }),
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
        const shadowed = new Set(shadowedRules(at).map(({ place }) => place.rule.id))
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

/** Of each dimension every value at which some rule changes its mind: all packets behave as one of these. */
function representatives(at: Point): IpHeaders[] {
  const matches = at.tiers.flatMap((tier) =>
    tier.kind === 'rules' ? tier.rules.map((one) => one.match) : [],
  )
  const ends = (lists: readonly (readonly Prefix[])[]) =>
    unique([
      1n << 31n,
      ...lists.flat().flatMap((p) => [prefixFirst(p).value, prefixLast(p).value, prefixLast(p).value + 1n]),
    ])
  const ports = unique([
    9999,
    ...matches.flatMap(({ destinationPorts = [] }: { destinationPorts?: readonly PortRange[] }) =>
      destinationPorts.flatMap(({ first, last }) => [first, last, last + 1]),
    ),
  ]).filter((value) => value <= 65_535)
  const sources = ends(matches.map(({ source = [] }) => source))
  const destinations = ends(matches.map(({ destination = [] }) => destination))
  const kinds = [
    [6, 0x02],
    [6, 0x10],
    [6, 0x12],
    [6, 0],
    [17, 0],
    [47, 0],
  ] as const
  const base = packet(flow('tcp', '10.0.0.1 1', '10.0.0.2 2'))
  return sources.flatMap((source) =>
    destinations.flatMap((destination) =>
      kinds.flatMap(([protocol, tcpFlags]) =>
        (protocol === Protocol.tcp || protocol === Protocol.udp ? ports : [0]).map((destinationPort) => ({
          ...base,
          source: Ip(4, source),
          destination: Ip(4, destination),
          protocol,
          tcpFlags,
          destinationPort,
        })),
      ),
    ),
  )
}

const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)]
