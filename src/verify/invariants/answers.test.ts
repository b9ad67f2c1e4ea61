/** Faults of the way back, each found with an opening whose answer is really lost. */
import { describe, expect, it } from 'vitest'
import { ForwardingTable, loadNetwork, type Network, type Route } from '../../model/index.ts'
import { formatPrefix, prefix } from '../../net/index.ts'
import { derivePolicy, type Policy, type Rule, type Tier } from '../../policy/index.ts'
import { rule, withTiers } from '../../policy/testing/sample.ts'
import { createWorld, type World } from '../../trace/index.ts'
import { prove, type Verdict } from './index.ts'
import { happens } from './testing/happens.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const policy = derivePolicy(network)
const world = createWorld(network, policy)

/** The policy with some tiers of a point changed; without those for which nothing is given. */
function changed(id: string, change: (tier: Tier) => Tier | undefined): Policy {
  const points = policy.points.map((point) =>
    point.id === id ? { ...point, tiers: point.tiers.flatMap((tier) => change(tier) ?? []) } : point,
  )
  expect(points).not.toEqual(policy.points)
  return { ...policy, points: withTiers(points, (tier) => tier) }
}

const withoutTranslation = (id: string, kind: 'endpoint-out' | 'egress-in'): World =>
  createWorld(
    network,
    changed(id, (tier) =>
      tier.kind === 'translation'
        ? { ...tier, translations: tier.translations.filter((each) => each.kind !== kind) }
        : tier,
    ),
  )

const withRoutes = (node: string, change: (routes: readonly Route[]) => readonly Route[]): World => {
  const routes = (at: string) => (at === node ? change(world.routes(at)) : world.routes(at))
  return { ...world, routes, route: (at, to) => new ForwardingTable(routes(at)).lookup(to) }
}

const judged = (given: World): Verdict => {
  const [verdict] = prove(network, given.policy, { world: given, only: ['answers-return'] })
  if (!verdict) throw new TypeError('prove answers-return: there is no such invariant')
  return verdict
}

/** Packets to a prefix are led as those to another. */
function led(routes: readonly Route[], to: string, as: string): readonly Route[] {
  const other = routes.find((route) => formatPrefix(route.prefix) === as)
  if (!other) throw new Error(`no route leads to ${as}`)
  return routes.map((route) =>
    formatPrefix(route.prefix) === to ? { ...route, nextHops: other.nextHops } : route,
  )
}

describe('answers', () => {
  it('come back in the network as it is', () => {
    expect(judged(world).holds).toBe(true)
  })

  it.each<[string, World]>([
    [
      'a balancer that does not show the VIP in answers',
      withoutTranslation('west/lb1/internal/in', 'endpoint-out'),
    ],
    [
      'a balancer that does not know its connections',
      withoutTranslation('west/lb1/external/in', 'egress-in'),
    ],
    [
      'a filter without memory',
      createWorld(
        network,
        changed('west/ns1/native/out', (tier) => (tier.kind === 'flow' ? undefined : tier)),
      ),
    ],
    [
      'a router without the way out',
      withRoutes('west/dr1', (routes) => routes.filter(({ prefix: { length } }) => length > 0)),
    ],
    [
      'an egress address that is led to the other balancer',
      withRoutes('west/ar1', (routes) => led(routes, '198.51.100.62/32', '198.51.100.61/32')),
    ],
  ])('are lost by %s', (_, given) => {
    const { holds, counterexamples } = judged(given)
    expect(holds).toBe(false)
    expect(counterexamples.length).toBeGreaterThan(0)
    for (const example of counterexamples) expect(happens(given, example), example.at).toBe(true)
  })

  it.each<[string, Rule['match']]>([
    ['for whom no machine stands', { source: [prefix('192.0.2.64/26')] }],
    ['who serves what that machine does not', { protocol: 17, source: [prefix('192.0.2.0/26')] }],
  ])('of somebody outside %s are lost by the rule that stops them', (_, match) => {
    const kept = rule('kept-out', 'deny', match)
    const list: Tier = { kind: 'rules', name: 'list', rules: [kept] }
    const points = policy.points.map((point) =>
      point.id === 'west/ar1/external/in'
        ? { ...point, tiers: [...point.tiers.slice(0, 1), list, ...point.tiers.slice(1)] }
        : point,
    )
    const given = createWorld(network, { points })
    const { counterexamples } = judged(given)
    expect(counterexamples.map(({ rule: by }) => by?.rule.id)).toEqual(['kept-out'])
    for (const example of counterexamples) expect(happens(given, example)).toBe(true)
  })
})
