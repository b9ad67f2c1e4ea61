/** Faults of forwarding tables, each found by the right invariant, with a packet that does it. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ForwardingTable,
  loadNetwork,
  type Network,
  type NextHop,
  neighboursOf,
  type Route,
  type Site,
} from '../../model/index.ts'
import { formatPrefix, hostPrefix, type Prefix, Protocol, prefix } from '../../net/index.ts'
import { derivePolicy, type Point, type RuleTier, type Tier, type Translation } from '../../policy/index.ts'
import { packet, rule } from '../../policy/testing/sample.ts'
import { createWorld, type World, WorldState, walk } from '../../trace/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import { prove } from './index.ts'
import { happens } from './testing/happens.ts'
import { broken } from './testing/proven.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const policy = derivePolicy(network)
const world = createWorld(network, policy)

type Change = (routes: readonly Route[]) => readonly Route[]

/** The network with other routes at some nodes. */
function withRoutes(changes: Readonly<Record<string, Change>>): World {
  const routes = (node: string) => (changes[node] ?? ((same) => same))(world.routes(node))
  return { ...world, routes, route: (node, to) => new ForwardingTable(routes(node)).lookup(to) }
}

const hop = (from: string, to: string): NextHop => {
  const found = neighboursOf(network, from).find(({ node }) => node.id === to)
  if (!found) throw new Error(`${from} has no link to ${to}`)
  return found.hop
}

const addressOf = (node: string, at = 0): string => {
  const address = world.node(node).addresses[at]
  if (!address) throw new Error(`${node} has no such address`)
  return formatPrefix(hostPrefix(address))
}

const siteOf = (name: string) => network.sites.find((site) => site.name === name) as Site
const vmsOf = (site: string) => formatPrefix(siteOf(site).pools.vms[0] as Prefix)
const vipsOf = (site: string) => formatPrefix(siteOf(site).public.vips[0] as Prefix)

/** The route to a prefix, in the place of the one there was. */
const led =
  (to: string, nextHops: readonly NextHop[]): Change =>
  (routes) => [
    ...routes.filter((route) => formatPrefix(route.prefix) !== to),
    { prefix: prefix(to), nextHops },
  ]

const without =
  (to: string): Change =>
  (routes) => {
    const left = routes.filter((route) => formatPrefix(route.prefix) !== to)
    expect(left.length).toBe(routes.length - 1)
    return left
  }

/** The network with a tier more in front of some points. */
function filtered(has: (point: Point) => boolean, tier: RuleTier): World {
  const points = policy.points.map((point) =>
    has(point) ? { ...point, tiers: [tier, ...point.tiers] } : point,
  )
  return createWorld(network, { points })
}

/** One balancer without the last machine of each endpoint that has several. */
function withoutBackend(node: string): World {
  const fewer = (translation: Translation): Translation =>
    translation.kind === 'endpoint-in'
      ? { ...translation, backends: translation.backends.slice(0, 1) }
      : translation
  const points = policy.points.map((point) => ({
    ...point,
    tiers: point.tiers.map(
      (tier): Tier =>
        point.node === node && tier.kind === 'translation'
          ? { ...tier, translations: tier.translations.map(fewer) }
          : tier,
    ),
  }))
  return createWorld(network, { points })
}

/** What machines open to what listens, at its address. */
const asked = network.nodes.flatMap(({ id, kind, addresses }) =>
  ['distribution-router', 'balancer', 'access-router', 'isp'].includes(kind)
    ? []
    : network.nodes.flatMap((server) =>
        server.listeners.flatMap(({ protocol, port }) =>
          addresses.flatMap((source) =>
            server.addresses
              .filter(({ family }) => family === source.family && server.id !== id)
              .map((destination) => ({
                from: id,
                packet: packet({
                  source,
                  destination,
                  protocol: Protocol[protocol],
                  sourcePort: 40_000,
                  destinationPort: port,
                }),
              })),
          ),
        ),
      ),
)

/** Whether one of equal ways delivers a packet, and another loses it. */
function partsOnItsWay(given: World, from: string, sent: IpHeaders): boolean {
  const ends = walk(given, new WorldState(), from, sent).map(({ end }) => end)
  const delivered = new Set(ends.flatMap((end) => (end.kind === 'delivered' ? [end.node] : [])))
  const isLost = ends.some(({ kind }) => kind === 'denied' || kind === 'no-route')
  return delivered.size > 1 || (delivered.size === 1 && isLost)
}

const dr = (site: string) => [`${site}/dr1`, `${site}/dr2`] as const
const [dr1, dr2] = dr('west')
const vm = addressOf('west/shop-web-0')

describe('forwarding', () => {
  it.each<[string, World, string]>([
    ['a null route for a VM', withRoutes({ [dr1]: led(vm, []) }), 'no-black-holes'],
    [
      'a VM without a route of its own, so that its pool is discarded',
      withRoutes({ [dr2]: without(vm) }),
      'no-black-holes',
    ],
    [
      'a VM that is led to another host',
      withRoutes({ [dr1]: led(vm, [hop(dr1, 'west/host2')]) }),
      'no-loops',
    ],
    [
      'two routers that lead a VM to each other',
      withRoutes({ [dr1]: led(vm, [hop(dr1, dr2)]), [dr2]: led(vm, [hop(dr2, dr1)]) }),
      'no-loops',
    ],
    ['a VM that one router leads, and its equal does not', withRoutes({ [dr2]: led(vm, []) }), 'equal-ways'],
    [
      'a balancer that has no way to VMs, beside one that has',
      withRoutes({ 'west/lb2': without(vmsOf('west')) }),
      'equal-ways',
    ],
    [
      'a filter of one router that stops what its equal lets pass',
      filtered((point) => point.node === dr2, {
        kind: 'rules',
        name: 'hole',
        rules: [rule('hole', 'deny', { protocol: 6, destinationPorts: [{ first: 8443, last: 8443 }] })],
      }),
      'equal-ways',
    ],
    ['a balancer that has a backend less', withoutBackend('west/lb2'), 'equal-ways'],
  ])('%s', (_, given, id) => {
    const verdicts = prove(network, given.policy, { world: given })
    expect(broken(verdicts)).toContain(id)
    const examples = verdicts.find(({ invariant }) => invariant.id === id)?.counterexamples ?? []
    expect(examples.length).toBeGreaterThan(0)
    for (const example of examples) expect(happens(given, example), JSON.stringify(example.at)).toBe(true)
  })

  it('that leads one of equal ways astray is found, though the ways of several senders part elsewhere than those of one', () => {
    const given = withRoutes({ [dr1]: led(addressOf('west/fc1', 1), [hop(dr1, 'west/host2')]) })
    const [verdict] = prove(network, policy, { world: given, only: ['equal-ways'] })
    expect(verdict?.holds).toBe(false)
    for (const example of verdict?.counterexamples ?? []) expect(happens(given, example)).toBe(true)
  })

  it('that is otherwise at random is found where some flow shows it, and shown with one that does', () => {
    const routers = network.nodes.filter(({ kind }) =>
      ['distribution-router', 'balancer', 'access-router'].includes(kind),
    )
    const among = <T>(list: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...list)
    const faults = among(routers).chain(({ id }) =>
      fc.tuple(
        fc.constant(id),
        among(world.routes(id)),
        fc.option(among(neighboursOf(network, id).map((each) => each.hop))),
      ),
    )
    const flows = asked.filter((_, index) => index % 7 === 0)
    let [shown, parting] = [0, 0]
    fc.assert(
      fc.property(faults, ([router, { prefix: to }, next]) => {
        const given = withRoutes({ [router]: led(formatPrefix(to), next ? [next] : []) })
        const [verdict] = prove(network, policy, { world: given, only: ['equal-ways'] })
        const story = `${router} ${formatPrefix(to)} ${next?.interface}`
        for (const example of verdict?.counterexamples ?? []) {
          shown++
          expect(happens(given, example), `${story} ${example.at}`).toBe(true)
        }
        if (!flows.some((flow) => partsOnItsWay(given, flow.from, flow.packet))) return
        parting++
        expect(verdict?.holds, story).toBe(false)
      }),
      { numRuns: 25 },
    )
    expect(shown).toBeGreaterThan(0)
    expect(parting).toBeGreaterThan(0)
  }, 120_000)

  it('of one site that differs from that of another of its template', () => {
    const at = (changes: Parameters<typeof withRoutes>[0]) =>
      prove(network, policy, { world: withRoutes(changes), only: ['sites-alike'] })[0]
    expect(at({})?.remarks).toEqual([])
    expect(at({ 'east/ar2': without(vipsOf('east')) })?.remarks).toEqual([
      'west/ar2 sends IPv4 for VIPs to lb1 or lb2, and east/ar2 does not: they are of one template',
    ])
    const other = at({ 'east/dr1': led(addressOf('east/ns1'), [hop('east/dr1', 'east/ns2')]) })
    expect(other?.remarks).toEqual([
      'east/dr1 sends IPv4 for ns1 to ns2, and west/dr1 does not: they are of one template',
      'west/dr1 sends IPv4 for ns1 to ns1, and east/dr1 does not: they are of one template',
    ])
  })
})
