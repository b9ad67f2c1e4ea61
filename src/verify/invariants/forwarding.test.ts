/** Faults of forwarding tables, each found by the right invariant, with a packet that does it. */
import { describe, expect, it } from 'vitest'
import {
  ForwardingTable,
  loadNetwork,
  type Network,
  type NextHop,
  neighboursOf,
  type Route,
} from '../../model/index.ts'
import { formatPrefix, prefix } from '../../net/index.ts'
import { derivePolicy } from '../../policy/index.ts'
import { createWorld, type World } from '../../trace/index.ts'
import { prove, type Verdict } from './index.ts'
import { happens } from './testing/happens.ts'

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

const addressOf = (node: string): string => {
  const address = world.node(node).addresses[0]
  if (!address) throw new Error(`${node} has no address`)
  return formatPrefix({ ...address, length: 32 })
}

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

const broken = (verdicts: readonly Verdict[]): readonly string[] =>
  verdicts.filter(({ holds }) => !holds).map(({ invariant }) => invariant.id)

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
  ])('%s', (_, given, id) => {
    const verdicts = prove(network, policy, { world: given })
    expect(broken(verdicts)).toContain(id)
    const examples = verdicts.find(({ invariant }) => invariant.id === id)?.counterexamples ?? []
    expect(examples.length).toBeGreaterThan(0)
    for (const example of examples) expect(happens(given, example), JSON.stringify(example.at)).toBe(true)
  })
})
