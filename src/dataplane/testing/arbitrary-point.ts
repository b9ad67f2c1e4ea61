/**
 * Random filters and the packets that visit them. Structure (tiers, rules, conditions, packets) is fast-check's, so that it
 * shrinks; values are drawn from the case's pool, so that packets lie where rules differ.
 */
import fc from 'fast-check'
import { hostPrefix, type Prefix, Protocol, prefixFirst, prefixLast } from '../../net/index.ts'
import type {
  FlowUse,
  GrantsTier,
  Match,
  Point,
  Rule,
  RuleTier,
  Scope,
  ShapeTier,
  Tier,
} from '../../policy/index.ts'
import { defaultDeny, flowTier, linkFlows, portTier, shapeTier } from '../../policy/index.ts'
import type { OddReason } from '../../wire/index.ts'
import { arbitraryBytes } from '../../wire/testing/arbitrary.ts'
import { encodeGrantKey } from '../grant-map.ts'
import { limitShape, limitTierOf } from './arbitrary-limit.ts'
import { Draw } from './draw.ts'
import { ownLinkLocal, ownMac } from './draw-link-frame.ts'
import { drawFilterStep } from './filter-steps.ts'
import { fullArray } from './full-array.ts'
import type { CaseGrant, PointCase, Step } from './point-runner.ts'
import { notRunnable, startOfTime } from './point-runner.ts'
import { drawPool, drawPort, drawPortList, drawPrefixList, otherProtocols, type Pool } from './pool.ts'

export interface CaseOptions {
  /** Packets of a case before it shrinks. */
  readonly steps: number
  /** Let time pass between packets. */
  readonly waits?: boolean
}

const seed = fc.nat(0x7fff_ffff)
const none = fc.constant(undefined)
/** Absent in half of the cases. */
const maybe = fc.option(seed, { nil: undefined, freq: 2 })
/** Present in a quarter of the cases. */
const seldom = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ withCrossShrink: true }, { weight: 3, arbitrary: none }, { weight: 1, arbitrary: value })

const ruleShape = fc.record({
  action: fc.constantFrom<Rule['action'][]>('allow', 'deny', 'next', 'allow', 'deny', 'allow'),
  family: seldom(fc.constantFrom<(4 | 6)[]>(4, 6)),
  source: maybe,
  destination: maybe,
  transport: maybe,
  detail: maybe,
  /** Of denials. */
  audit: seldom(fc.constant(true as const)),
})
export const tierShape = fc.array(ruleShape, { maxLength: 12, size: 'max' })
const pointShape = fc.record({
  /** A port tier for a machine with these addresses. Bits: as of `behind`. */
  port: seldom(fc.constantFrom(3, 3, 1, 2, 0)),
  scope: seldom(seed),
  /** Bits: the action of each odd reason is turned about. */
  shape: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(127) }),
  /** Rate limits before the flow tier. */
  limits: seldom(fc.array(limitShape, { minLength: 1, maxLength: 3 })),
  /** A tier before the flow tier. */
  before: seldom(tierShape),
  tiers: fc.array(tierShape, { maxLength: 3 }),
  /** A grants tier before the first of them, and what it asks. */
  grants: seldom(ruleShape),
  /** A last tier allows all, so that more flows are opened. */
  generous: fc.boolean(),
  /** Bits: all denials of a tier after the first are in audit mode; the lowest: the default deny is. */
  audit: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(15) }),
})
const filterShape = fc.record({
  pool: seed,
  hook: fc.constantFrom<Point['kind']>('access-router', 'hypervisor'),
  /** Stateless; a stateful filter; two of them, whose flows are kept in the same map. */
  kind: fc.constantFrom('stateless', 'stateful', 'stateful', 'two stateful'),
  /** Bits: an address of each family is known to be that of the machine behind the filter. */
  behind: fc.nat(3),
  /** Lists of addresses in rules are of single ones, and kept as data. */
  sets: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  points: fc.tuple(pointShape, pointShape, pointShape),
  /** Flows that a filter keeps; absent: more than there are. */
  quota: fc.option(fc.constantFrom(1, 2, 3, 5), { nil: undefined, freq: 2 }),
  /** From which step on, of 100, the rules are others, and how they are drawn. */
  revision: seldom(fc.record({ from: fc.nat(99), seed })),
})

type ValueOf<A> = A extends fc.Arbitrary<infer T> ? T : never
type RuleShape = ValueOf<typeof ruleShape>
type PointShape = ValueOf<typeof pointShape>

/** A frame from a seed, or any bytes. */
const stepShape = fc.oneof<[fc.WeightedArbitrary<number>, fc.WeightedArbitrary<Uint8Array>]>(
  { weight: 15, arbitrary: seed },
  { weight: 1, arbitrary: arbitraryBytes() },
)

/** Filters without translations. */
export const arbitraryFilterCase = ({ steps, waits = false }: CaseOptions): fc.Arbitrary<PointCase> =>
  fc.record({ filter: filterShape, steps: fullArray(stepShape, steps) }).map(({ filter, steps }) => {
    const pool = drawPool(filter.pool)
    const points = linkFlows(pointsOf(filter, pool, waits))
    const grants = grantsOf(points, pool, waits)
    const { quota, revision } = filter
    const drawn = steps.map((shape, index): Step => {
      const step =
        typeof shape === 'number'
          ? drawFilterStep(new Draw(shape), pool, points, waits)
          : { point: shape.length % points.length, frame: atLeast(shape, 14) }
      return revision ? { ...step, epoch: epochOf(index, steps.length, revision.from) } : step
    })
    return {
      points,
      ...(quota !== undefined && { quota }),
      ...(revision && { revised: linkFlows(points.map((point) => revise(new Draw(revision.seed), point))) }),
      egress: [],
      grants,
      steps: drawn.filter(({ point, frame }) => !notRunnable(points[point] as Point, frame)),
    }
  })

/** Rules change once, and then there are new epochs of the same; some programs of the one before run on for a while. */
function epochOf(index: number, steps: number, from: number): number {
  const since = Math.floor(index - (from * steps) / 100)
  if (since < 0) return 0
  const epoch = since < 16 ? 1 : 2
  return since % 7 === 3 ? epoch - 1 : epoch
}

/** The same rules, some of which say the contrary. */
function revise(d: Draw, point: Point): Point {
  const turned = { allow: 'deny', deny: 'allow', next: 'next' } as const
  const tiers = point.tiers.map((tier): Tier => {
    if (tier.kind !== 'rules') return tier
    const rules = tier.rules.map(({ audit: _, ...rule }) =>
      d.chance(30) ? { ...rule, action: turned[rule.action] } : rule,
    )
    return { ...tier, rules }
  })
  return { ...point, tiers }
}

function atLeast(frame: Uint8Array, length: number): Uint8Array {
  if (frame.length >= length) return frame
  const longer = new Uint8Array(length)
  longer.set(frame)
  return longer
}

function pointsOf(
  { hook, kind, behind, sets, points: shapes }: ValueOf<typeof filterShape>,
  pool: Pool,
  waits: boolean,
): Point[] {
  const own = (bits: number) =>
    ([4, 6] as const).filter((_, bit) => bits & (1 << bit)).map((family) => pool.own[family])
  const addresses = own(behind)
  const uses: readonly (FlowUse | undefined)[] =
    kind === 'stateless'
      ? [undefined]
      : [
          { table: 'one', heading: 'from-local' },
          { table: 'one', heading: 'to-local' },
          ...(kind === 'two stateful' ? [{ table: 'two', heading: 'to-local' } as const] : []),
        ]
  return uses.map((flow, index) => {
    const { port, scope, shape, before, tiers, generous, audit, grants, limits } = shapes[index] as PointShape
    const drawn: Tier[] = [
      ...(port === undefined ? [] : [portTier(ownMac, ownLinkLocal, own(port))]),
      shapeOf(shape),
      ...(before ? [tierOf(before, 'before', pool)] : []),
      ...(limits ? [limitTierOf(limits, pool, { audit: (audit & 4) > 0, waits })] : []),
      ...(flow ? [flowTier] : []),
      ...(grants ? [grantsTierOf(grants, pool, (audit & 8) > 0)] : []),
      ...tiers.map((rules, number) => ({
        ...tierOf(rules, `after-${number}`, pool),
        ...(audit & (2 << number) && { audit: true as const }),
      })),
      ...(generous ? [allowAll] : []),
    ]
    const all = sets ? drawn.map(withSingleAddresses) : drawn
    return {
      id: `node/filter-${index}/${flow?.heading ?? 'in'}`,
      kind: hook,
      node: 'node',
      interfaces: ['eth0'],
      direction: flow?.heading === 'to-local' ? 'out' : 'in',
      behind: addresses,
      ...(scope === undefined ? {} : { scope: scopeOf(scope, pool) }),
      ...(flow && { flow }),
      tiers: all,
      ...(sets && { sets: all.flatMap(listsOf) }),
      defaultDeny,
      ...(audit & 1 && { audit: true as const }),
    }
  })
}

/** Grants for the openings of the pool's flows, some of them ended, some about to end, some for other ports. */
function grantsOf(points: readonly Point[], pool: Pool, waits: boolean): readonly CaseGrant[] {
  if (!points.some(({ tiers }) => tiers.some(({ kind }) => kind === 'grants'))) return []
  const d = new Draw(pool.flows.length + Number(pool.own[4].value & 0xffffn))
  const ends = [1n, 1n << 62n, 1n << 62n, (1n << 64n) - 1n]
  const soon = waits ? [startOfTime, startOfTime + 15n * second, startOfTime + 100n * second] : []
  const paths = pool.flows.flatMap(({ local, remote, protocol, localPort, remotePort }) => [
    { source: local, destination: remote, protocol, port: remotePort },
    { source: remote, destination: local, protocol, port: localPort },
  ])
  const known = new Set<string>()
  return paths.flatMap((path, index) => {
    const grant = {
      ...path,
      port: d.chance(85) ? path.port : drawPort(d, pool),
      until: d.pick([...ends, ...soon]),
      number: index + 1,
    }
    const key = encodeGrantKey(grant).join()
    if (d.chance(25) || known.has(key)) return []
    known.add(key)
    return [grant]
  })
}

const second = 1_000_000_000n

function grantsTierOf(shape: RuleShape, pool: Pool, audit: boolean): GrantsTier {
  const rule = (id: string, action: Rule['action']): Rule => ({ ...ruleOf(shape, pool), id, action })
  return {
    kind: 'grants',
    name: 'grants',
    match: matchOf(shape, pool),
    granted: rule('grants/in-force', 'allow'),
    noGrant: rule('grants/none', 'deny'),
    ...(audit && { audit: true as const }),
  }
}
/** The first and the last address of each prefix instead of all. */
function withSingleAddresses(tier: Tier): Tier {
  if (tier.kind !== 'rules') return tier
  const ends = (list: readonly Prefix[]) =>
    list.flatMap((p) => [hostPrefix(prefixFirst(p)), hostPrefix(prefixLast(p))])
  const rules = tier.rules.map((rule) => {
    const { source, destination } = rule.match
    const lists = {
      ...(source && { source: ends(source) }),
      ...(destination && { destination: ends(destination) }),
    }
    return { ...rule, match: { ...rule.match, ...lists } }
  })
  return { ...tier, rules }
}

const listsOf = (tier: Tier): readonly (readonly Prefix[])[] =>
  tier.kind === 'rules'
    ? tier.rules.flatMap(({ match: { source, destination } }) => [source ?? [], destination ?? []])
    : []

const allowAll: RuleTier = {
  kind: 'rules',
  name: 'generous',
  rules: [
    {
      id: 'generous/all',
      action: 'allow',
      match: {},
      origin: { kind: 'built-in', name: 'generous' },
      why: 'It opens flows.',
    },
  ],
}

function shapeOf(turned: number): ShapeTier {
  const reasons = Object.entries(shapeTier.reasons).map(([reason, rule], bit) => {
    const action = turned & (1 << bit) ? (rule.action === 'allow' ? 'deny' : 'allow') : rule.action
    return [reason, { ...rule, action }] as const
  })
  return { ...shapeTier, reasons: Object.fromEntries(reasons) as Record<OddReason, Rule> }
}

function scopeOf(from: number, pool: Pool): Scope {
  const d = new Draw(from)
  const kind = d.below(3)
  return {
    ...(kind !== 1 && { source: [...drawPrefixList(d, pool), ...drawPrefixList(d, pool)] }),
    ...(kind !== 0 && { destination: [...drawPrefixList(d, pool), ...drawPrefixList(d, pool)] }),
  }
}

export const tierOf = (rules: readonly RuleShape[], name: string, pool: Pool): RuleTier => ({
  kind: 'rules',
  name,
  rules: rules.map(
    (rule, index): Rule => ({
      ...ruleOf(rule, pool),
      id: `${name}/${index}`,
      ...(rule.audit && rule.action === 'deny' && { audit: true as const }),
    }),
  ),
})

const ruleOf = (shape: RuleShape, pool: Pool): Rule => ({
  id: 'rule',
  action: shape.action,
  match: matchOf(shape, pool),
  origin: { kind: 'built-in', name: 'sample' },
  why: 'Drawn at random.',
})

function matchOf({ family, source, destination, transport, detail }: RuleShape, pool: Pool): Match {
  const protocol = transport === undefined ? undefined : protocolOf(new Draw(transport))
  return {
    ...(family && { family }),
    ...(source !== undefined && { source: drawPrefixList(new Draw(source), pool) }),
    ...(destination !== undefined && { destination: drawPrefixList(new Draw(destination), pool) }),
    ...(protocol !== undefined && { protocol }),
    ...(protocol !== undefined && detail !== undefined && detailOf(new Draw(detail), protocol, pool)),
  }
}

const protocolOf = (d: Draw): number =>
  d.chance(85)
    ? d.pick([Protocol.tcp, Protocol.tcp, Protocol.udp, Protocol.icmp, Protocol.icmp6])
    : d.pick(otherProtocols)

/** Types and codes that packets often have. */
export const icmpTypes = { 1: [8, 0, 3, 11, 12, 13, 5], 58: [128, 129, 1, 2, 3, 4, 135] } as const

function detailOf(d: Draw, protocol: number, pool: Pool): Partial<Match> {
  if (protocol === Protocol.icmp || protocol === Protocol.icmp6) {
    const kind = d.below(3)
    return {
      ...(kind !== 1 && { icmpType: d.pick(icmpTypes[protocol]) }),
      ...(kind !== 0 && { icmpCode: d.pick([0, 1, 3, 255]) }),
    }
  }
  if (protocol === Protocol.tcp && d.chance(35)) {
    const mask = d.pick([0x02, 0x12, 0x14, 0x17, 0, 0xff, 1 << d.below(8), d.below(256)])
    return { tcpFlags: { mask, value: mask & d.pick([0x02, 0x10, 0x12, d.below(256)]) } }
  }
  if (protocol !== Protocol.tcp && protocol !== Protocol.udp) return {}
  const kind = d.below(4)
  return {
    ...(kind === 0 && { sourcePorts: drawPortList(d, pool) }),
    ...(kind === 1 && { sourcePorts: drawPortList(d, pool), destinationPorts: drawPortList(d, pool) }),
    ...(kind > 1 && { destinationPorts: drawPortList(d, pool) }),
  }
}
