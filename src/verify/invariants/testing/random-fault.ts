/** Random faults of a derived policy and of forwarding tables, such as a mistake in deriving them would make. */
import { ForwardingTable, type Network, type Route } from '../../../model/index.ts'
import { hostPrefix, Prefix as makePrefix, type Prefix } from '../../../net/index.ts'
import type { Action, Match, Point, Policy, Rule, Tier } from '../../../policy/index.ts'
import { rule as makeRule } from '../../../policy/testing/sample.ts'
import type { World } from '../../../trace/index.ts'

/** Whole numbers from 0 below `end`. */
export type Draw = (end: number) => number

export interface Fault {
  readonly name: string
  readonly policy: Policy
  /** Routes of nodes that have others. */
  readonly routes: ReadonlyMap<string, readonly Route[]>
}

const of = <T>(draw: Draw, list: readonly T[]): T => list[draw(list.length)] as T

/** The network with a fault, as packets find it. */
export function withFault(world: World, { policy, routes: changed }: Fault): World {
  const routes = (node: string) => changed.get(node) ?? world.routes(node)
  return { ...world, policy, routes, route: (node, to) => new ForwardingTable(routes(node)).lookup(to) }
}

/** A fault at one point or at all of a name, or in one table; sometimes it changes nothing. */
export function randomFault(world: World, draw: Draw): Fault {
  const { network, policy } = world
  if (draw(5) === 0) return routeFault(world, draw)
  const point = of(draw, policy.points)
  const everywhere = draw(3) === 0
  const chosen = (each: Point) =>
    each === point ||
    (everywhere &&
      each.kind === point.kind &&
      each.direction === point.direction &&
      each.flow?.heading === point.flow?.heading)
  const [name, change] = pointFault(network, policy, point, draw)
  return {
    name: `${name} at ${point.id}${everywhere ? ' and all like it' : ''}`,
    policy: { points: policy.points.flatMap((each) => (chosen(each) ? change(each) : [each])) },
    routes: new Map(),
  }
}

type Change = (point: Point) => readonly Point[]

function pointFault(network: Network, policy: Policy, point: Point, draw: Draw): readonly [string, Change] {
  const place = draw(20)
  const inTier = (change: (rules: readonly Rule[]) => readonly Rule[]): Change => {
    const tiers = point.tiers.filter(({ kind }) => kind === 'rules').map(({ name }) => name)
    const tier = tiers.length > 0 ? of(draw, tiers) : ''
    return (each) => [
      {
        ...each,
        tiers: each.tiers.map((one) =>
          one.kind === 'rules' && one.name === tier ? { ...one, rules: change(one.rules) } : one,
        ),
      },
    ]
  }
  switch (draw(8)) {
    case 0: {
      const hole = makeRule(
        'hole',
        of<Action>(draw, ['allow', 'allow', 'next', 'deny']),
        randomMatch(network, policy, draw),
      )
      return ['a rule too many', inTier((rules) => [hole, ...rules])]
    }
    case 1:
      return ['a rule missing', inTier((rules) => rules.filter((_, index) => index !== place % rules.length))]
    case 2: {
      const action = of<Action>(draw, ['allow', 'deny', 'next'])
      return [
        `a rule that says ${action}`,
        inTier((rules) =>
          rules.map((rule, index) => (index === place % rules.length ? { ...rule, action } : rule)),
        ),
      ]
    }
    case 3:
      return [
        'a tier missing',
        (each) => [{ ...each, tiers: each.tiers.filter((_, index) => index !== place % each.tiers.length) }],
      ]
    case 4:
      return ['no point', () => []]
    case 5:
      return [
        'a wider match',
        inTier((rules) =>
          rules.map((rule, index) =>
            index === place % rules.length ? { ...rule, match: wider(rule.match, draw) } : rule,
          ),
        ),
      ]
    case 6: {
      const other = of(
        draw,
        // Tiers that follow flows mean nothing at a point that keeps none.
        policy.points.filter(
          ({ kind, direction, flow }) =>
            kind === point.kind &&
            direction === point.direction &&
            (flow === undefined) === (point.flow === undefined),
        ),
      )
      const { sets } = other
      return [`the tiers of ${other.id}`, (each) => [{ ...each, tiers: other.tiers, ...(sets && { sets }) }]]
    }
    default:
      return [
        'another translation',
        (each) => [{ ...each, tiers: each.tiers.map((tier) => otherTranslation(tier, network, draw)) }],
      ]
  }
}

function wider(match: Match, draw: Draw): Match {
  const { source: _, ...anywhere } = match
  const { destination: __, ...anyone } = match
  const less = (list: readonly Prefix[] = []) =>
    list.map(({ family, value, length }) => makePrefix(family, value, Math.max(0, length - 1 - draw(3))))
  return of(draw, [
    anywhere,
    anyone,
    { ...match, ...(match.source && { source: less(match.source) }) },
    { ...match, ...(match.destination && { destination: less(match.destination) }) },
  ])
}

function randomMatch(network: Network, policy: Policy, draw: Draw): Match {
  const list = (): readonly Prefix[] => {
    const sets = policy.points.flatMap(({ sets = [] }) => sets)
    const one = of(
      draw,
      network.nodes.filter(({ addresses }) => addresses.length > 0),
    ).addresses.map(hostPrefix)
    const pools = of(draw, network.sites).pools
    return of(draw, [one, of(draw, sets), pools.vms, pools.hosts, pools.infrastructure, network.internal])
  }
  const ports = of(draw, [80, 9000, 53, 5000])
  return {
    ...(draw(2) === 0 && { source: list() }),
    ...(draw(2) === 0 && { destination: list() }),
    ...(draw(2) === 0 && {
      protocol: of(draw, [6, 17]),
      destinationPorts: [{ first: ports, last: ports + draw(2) }],
    }),
  }
}

function otherTranslation(tier: Tier, network: Network, draw: Draw): Tier {
  if (tier.kind !== 'translation' || tier.translations.length === 0) return tier
  const at = draw(tier.translations.length)
  const vm = of(
    draw,
    network.nodes.filter(({ kind }) => kind === 'vm'),
  )
  const kind = draw(3)
  return {
    ...tier,
    translations: tier.translations.flatMap((each, index) => {
      if (index !== at || (each.kind !== 'endpoint-in' && each.kind !== 'endpoint-out')) return [each]
      if (kind === 0) return []
      const backends = each.backends.map((backend, place) => {
        const address = vm.addresses.find(({ family }) => family === backend.address.family)
        return place > 0 || !address
          ? backend
          : kind === 1
            ? { ...backend, node: vm.id, address }
            : { ...backend, port: 9000 }
      })
      return [{ ...each, backends }]
    }),
  }
}

/** Of a router or host: a route less, or with the next hops of another. */
function routeFault({ network, policy, routes }: World, draw: Draw): Fault {
  const node = of(
    draw,
    network.nodes.filter(
      ({ kind }) => kind === 'distribution-router' || kind === 'host' || kind === 'balancer',
    ),
  )
  const table = routes(node.id)
  const at = draw(table.length)
  const { nextHops } = of(draw, table)
  const changed =
    draw(2) === 0
      ? table.filter((_, index) => index !== at)
      : table.map((route, index) => (index === at ? { ...route, nextHops } : route))
  return { name: `another route at ${node.id}`, policy, routes: new Map([[node.id, changed]]) }
}
