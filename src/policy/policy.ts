/** All enforcement points of a network. */
import { isAuditable, isAudited, isDefaultAudited } from './audit.ts'
import { flowRules, type Point, type Tier } from './point.ts'
import type { Match, Rule } from './rule.ts'
import { fullRulesOf } from './translation.ts'

export interface Policy {
  /** In the order of the network's nodes. */
  readonly points: readonly Point[]
}

/** A rule's place: what a counter, a trace or a listing shows. */
export interface RulePlace {
  readonly point: Point
  readonly tier: string
  readonly rule: Rule
  /** It only counts and reports what it would deny. */
  readonly audited: boolean
}

/**
 * Every rule of a point, in the order in which it is asked, default deny last. The index in this list is the rule's
 * number in the point: the data plane counts and reports by it.
 */
export function rulesOf(point: Point): readonly RulePlace[] {
  const places: RulePlace[] = []
  for (const tier of point.tiers) {
    for (const rule of rulesOfTier(tier))
      places.push({
        point,
        tier: tier.name,
        rule,
        audited: isAuditable(tier) && isAudited(tier, rule),
      })
  }
  places.push({ point, tier: 'default', rule: point.defaultDeny, audited: isDefaultAudited(point) })
  return places
}

/** What a tier of rules or of grants asks about packets. */
export const matchesOf = (tier: Tier): readonly Match[] =>
  tier.kind === 'rules' ? tier.rules.map(({ match }) => match) : tier.kind === 'grants' ? [tier.match] : []

/** Every rule of a tier, in the order in which {@link rulesOf} has them. */
export function rulesOfTier(tier: Tier): readonly Rule[] {
  switch (tier.kind) {
    case 'port':
      return Object.values(tier.offences)
    case 'shape':
      return Object.values(tier.reasons)
    case 'flow':
      return flowRules(tier)
    case 'rules':
      return tier.rules
    case 'grants':
      return [tier.granted, tier.noGrant]
    case 'limit':
      return tier.limits.map(({ rule }) => rule)
    case 'translation':
      return [...tier.translations.map(({ rule }) => rule), ...fullRulesOf(tier)]
  }
}

/** The points that stand on an interface of a node in one direction, in the order in which they are asked. */
export function pointsAt(
  policy: Policy,
  node: string,
  iface: string,
  direction: Point['direction'],
): readonly Point[] {
  return lookupOf(policy).get(node)?.get(iface)?.[direction] ?? []
}

/** The points of a node, interface by interface: one that stands on several is there several times. */
export function pointsOfNode(policy: Policy, node: string): readonly Point[] {
  return [...(lookupOf(policy).get(node)?.values() ?? [])].flatMap(({ in: inward, out }) => [
    ...inward,
    ...out,
  ])
}

/** By node and interface. */
type Index = ReadonlyMap<string, IndexOfNode>
type IndexOfNode = ReadonlyMap<string, Record<Point['direction'], Point[]>>

const indexes = new WeakMap<Policy, Lookup>()

/** Where points of a node are looked up. */
interface Lookup {
  get(node: string): IndexOfNode | undefined
}

/** A point that is otherwise than it was. */
export interface PointChange {
  /** Absent: it is new. */
  readonly was?: Point
  /** Absent: it is gone. */
  readonly is?: Point
}

/**
 * Looks points up where those of another policy are, but for what is otherwise: it takes long to know where each of many points stands.
 * @param points among which are all that this policy has of nodes of the changed ones; asked only if one is new, gone, or stands elsewhere
 */
export function indexAfter(
  policy: Policy,
  base: Policy,
  changes: readonly PointChange[],
  points: () => readonly Point[],
): void {
  const known = lookupOf(base)
  const nodes = new Set(changes.flatMap(({ was, is }) => [was, is].flatMap((point) => point?.node ?? [])))
  const own = indexInPlace(known, changes, nodes) ?? indexOf(points().filter(({ node }) => nodes.has(node)))
  indexes.set(policy, { get: (node) => (nodes.has(node) ? own : known).get(node) })
}

/** Where each point stands as the one did that it was; `undefined`: one does not. */
function indexInPlace(
  known: Lookup,
  changes: readonly PointChange[],
  nodes: ReadonlySet<string>,
): Index | undefined {
  const later = new Map<Point, Point>()
  for (const { was, is } of changes) {
    if (!was || !is || !standAlike(was, is)) return undefined
    later.set(was, is)
  }
  const replaced = (points: readonly Point[]): Point[] => points.map((point) => later.get(point) ?? point)
  return new Map(
    Array.from(nodes, (node) => [
      node,
      new Map(
        Array.from(known.get(node) ?? [], ([name, both]) => [
          name,
          { in: replaced(both.in), out: replaced(both.out) },
        ]),
      ),
    ]),
  )
}

const standAlike = (one: Point, other: Point): boolean =>
  one.node === other.node &&
  one.direction === other.direction &&
  one.interfaces.length === other.interfaces.length &&
  one.interfaces.every((name, index) => name === other.interfaces[index])

function lookupOf(policy: Policy): Lookup {
  const known = indexes.get(policy) ?? indexOf(policy.points)
  indexes.set(policy, known)
  return known
}

function indexOf(points: readonly Point[]): Index {
  const index = new Map<string, Map<string, Record<Point['direction'], Point[]>>>()
  for (const point of points) {
    const there = index.get(point.node) ?? new Map<string, Record<Point['direction'], Point[]>>()
    index.set(point.node, there)
    for (const name of point.interfaces) {
      const both = there.get(name) ?? { in: [], out: [] }
      there.set(name, both)
      both[point.direction].push(point)
    }
  }
  return index
}

/** The point with this id, if there is one. */
export const pointById = (policy: Policy, id: string): Point | undefined =>
  policy.points.find((p) => p.id === id)
