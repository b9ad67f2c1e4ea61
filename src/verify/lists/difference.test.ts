/** Differences of rule lists: against all packets that can tell small lists apart, and against decision diagrams. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Ip, icmpOf, PortRange, Protocol, prefix, prefixFirst, prefixLast } from '../../net/index.ts'
import { matches } from '../../policy/match.ts'
import { flow, packet } from '../../policy/testing/sample.ts'
import type { IpHeaders } from '../../wire/index.ts'
import { type DiagramSet, nothing } from '../diagram/index.ts'
import { PacketSets } from '../packets/index.ts'
import type { Box } from './box.ts'
import { type Difference, differenceOf, type RuleList, RuleTable } from './index.ts'
import { arbitraryLists } from './testing/arbitrary-lists.ts'
import { boxSet, differenceSet, listDiagram } from './testing/list-sets.ts'

const holds = (box: Box, at: IpHeaders): boolean =>
  box.family === at.family &&
  (['protocol', 'icmpType', 'icmpCode', 'sourcePort', 'destinationPort'] as const).every(
    (field) => box[field][0] <= BigInt(at[field]) && BigInt(at[field]) <= box[field][1],
  ) &&
  (['source', 'destination'] as const).every(
    (end) => box[end][0] <= at[end].value && at[end].value <= box[end][1],
  ) &&
  ((box.flags >> BigInt(at.tcpFlags)) & 1n) === 1n

/** Index of the first rule that matches; `undefined`: the default decides. */
function decided(list: RuleList, at: IpHeaders): number | undefined {
  const index = list.rules.findIndex(({ match }) => matches(match, at))
  return index < 0 ? undefined : index
}
const actionFor = (list: RuleList, index: number | undefined) =>
  index === undefined ? list.default : list.rules[index]?.action

describe('the difference of two lists', () => {
  it('is what every packet shows that can tell them apart', () => {
    let [packets, different] = [0, 0]
    fc.assert(
      fc.property(arbitraryLists(5), ([a, b]) => {
        const found = [...differenceOf(a, b)]
        for (const at of representatives(a, b)) {
          packets++
          const [one, two] = [decided(a, at), decided(b, at)]
          const here = found.filter(({ box }) => holds(box, at))
          if (actionFor(a, one) === actionFor(b, two)) {
            expect(here).toEqual([])
          } else {
            different++
            expect(here.map(({ a, b }) => [a, b])).toEqual([[one, two]])
          }
        }
      }),
      { numRuns: 60 },
    )
    expect(different).toBeGreaterThan(packets / 50)
  })

  it('is what decision diagrams say, box by box, of lists of up to 40 rules, cut in either way', () => {
    fc.assert(
      fc.property(arbitraryLists(40), fc.constantFrom(1, 4, 64), ([a, b], halvedAbove) => {
        const sets = new PacketSets()
        const [diagramA, diagramB] = [listDiagram(sets, a), listDiagram(sets, b)]
        let union = nothing as DiagramSet
        for (const { box, a: one, b: two } of differenceOf(a, b, { halvedAbove })) {
          const set = boxSet(sets, box)
          expect(set).not.toBe(nothing)
          expect(sets.without(set, sets.all)).toBe(nothing)
          expect(sets.mask(union, set)).toBe(nothing)
          union = sets.union([union, set])
          expect(sets.values(sets.mask(set, diagramA))).toEqual(new Set([0, 1 + (one ?? a.rules.length)]))
          expect(sets.values(sets.mask(set, diagramB))).toEqual(new Set([0, 1 + (two ?? b.rules.length)]))
        }
        expect(union).toBe(differenceSet(sets, a, b))
      }),
      { numRuns: 100 },
    )
  })

  it('is the same with a table that knows earlier versions, whichever list it knows', () => {
    fc.assert(
      fc.property(arbitraryLists(12), arbitraryLists(12), ([a, b], [c]) => {
        const table = new RuleTable()
        for (const [one, two] of [
          [a, b],
          [b, c],
          [c, a],
          [b, a],
        ] as const) {
          const known = [...differenceOf(one, two, { table })]
          expect(known).toEqual([...differenceOf(one, two)])
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('of an edited list', () => {
  const web = { match: { protocol: 6, destinationPorts: [PortRange(80)] }, action: 'allow' } as const
  const lan = { match: { source: [prefix('10.0.0.0/8')] }, action: 'deny' } as const
  const list = (...rules: RuleList['rules']): RuleList => ({ rules, default: 'deny' })
  const pairs = (found: Iterable<Difference>) => [...found].map(({ box: { family }, a, b }) => [family, a, b])

  it('there is none where only the order changed of rules that agree or do not meet', () => {
    const dns = { match: { protocol: 17, destinationPorts: [PortRange(53)] }, action: 'deny' } as const
    expect(pairs(differenceOf(list(web, dns), list(dns, web)))).toEqual([])
    expect(pairs(differenceOf(list(web, lan), list(web, lan, dns)))).toEqual([])
  })
  it('there is none where a hidden rule went', () => {
    const hidden = { match: { ...web.match, source: [prefix('10.1.0.0/16')] }, action: 'deny' } as const
    expect(pairs(differenceOf(list(web, hidden), list(web)))).toEqual([])
  })
  it('it lies where the swapped rules meet', () => {
    const [only, ...more] = [...differenceOf(list(web, lan), list(lan, web))]
    expect(more).toEqual([])
    expect(only).toMatchObject({
      a: 0,
      b: 0,
      box: { family: 4, protocol: [6n, 6n], destinationPort: [80n, 80n] },
    })
    expect(only?.box.source).toEqual([0x0a00_0000n, 0x0aff_ffffn])
  })
  it('defaults are named as such', () => {
    expect(pairs(differenceOf(list(web), list()))).toEqual([
      [4, 0, undefined],
      [6, 0, undefined],
    ])
    expect(
      pairs(differenceOf(list(web), { ...list(web), default: 'allow' })).every(([, a, b]) => a === b),
    ).toBe(true)
  })
  it('is found lazily: the first of very many at once', () => {
    // 2,000 crossing stripes make a million boxes.
    const stripe = (end: 'sourcePorts' | 'destinationPorts', at: number, action: 'allow' | 'deny') => ({
      match: { protocol: 17, [end]: [PortRange(2 * at)] },
      action,
    })
    const stripes = (...actions: ['allow' | 'deny', 'allow' | 'deny']) =>
      list(
        ...Array.from({ length: 1000 }, (_, at) => stripe('sourcePorts', at, actions[0])),
        ...Array.from({ length: 1000 }, (_, at) => stripe('destinationPorts', at, actions[1])),
      )
    const differences = differenceOf(stripes('allow', 'deny'), stripes('deny', 'allow'))
    const first = differences.next().value as Difference
    expect(first.box.protocol).toEqual([17n, 17n])
    expect(first.box.sourcePort[0] % 2n === 0n || first.box.destinationPort[0] % 2n === 0n).toBe(true)
    differences.return()
  })
})

/** Of each field every value at which some rule changes its mind: all packets are treated as one of these is. */
function* representatives(a: RuleList, b: RuleList): Generator<IpHeaders> {
  const all = [...a.rules, ...b.rules].map(({ match }) => match)
  const base = packet(flow('tcp', '10.0.0.1 1', '10.0.0.2 2'))
  const portsOf = (field: 'sourcePorts' | 'destinationPorts') =>
    unique([
      0,
      ...all.flatMap((match) => match[field]?.flatMap(({ first, last }) => [first, last + 1]) ?? []),
    ]).filter((value) => value <= 65_535)
  const [sourcePorts, destinationPorts] = [portsOf('sourcePorts'), portsOf('destinationPorts')]
  for (const family of [4, 6] as const) {
    const top = (1n << (family === 4 ? 32n : 128n)) - 1n
    const ends = (end: 'source' | 'destination') =>
      unique([
        0n,
        ...all
          .flatMap((match) => match[end] ?? [])
          .filter((each) => each.family === family)
          .flatMap((each) => [prefixFirst(each).value, prefixLast(each).value + 1n]),
      ]).filter((value) => value <= top)
    const icmp = icmpOf(family)
    const [request, reply] = family === 4 ? [8, 0] : [128, 129]
    const kinds: Partial<IpHeaders>[] = [
      ...[0, 0x02, 0x10, 0x12].flatMap((tcpFlags) =>
        sourcePorts.flatMap((sourcePort) =>
          destinationPorts.map((destinationPort) => ({
            protocol: Protocol.tcp,
            tcpFlags,
            sourcePort,
            destinationPort,
          })),
        ),
      ),
      ...sourcePorts.flatMap((sourcePort) =>
        destinationPorts.map((destinationPort) => ({ protocol: Protocol.udp, sourcePort, destinationPort })),
      ),
      ...[0, 3, 8, 128, 129, 77].flatMap((icmpType) =>
        [0, 4, 9].map((icmpCode) => ({
          protocol: icmp,
          icmpType,
          icmpCode,
          sourcePort: icmpType === request ? 7 : 0,
          destinationPort: icmpType === reply ? 7 : 0,
        })),
      ),
      { protocol: 47 },
      { protocol: 99 },
    ]
    for (const source of ends('source'))
      for (const destination of ends('destination'))
        for (const kind of kinds)
          yield {
            ...base,
            family,
            source: Ip(family, source),
            destination: Ip(family, destination),
            sourcePort: 0,
            destinationPort: 0,
            tcpFlags: 0,
            icmpType: 0,
            icmpCode: 0,
            ...kind,
          } as IpHeaders
  }
}

const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)]
