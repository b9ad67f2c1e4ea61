/**
 * With a link of a distribution router lost, its packets go by the other router of the site, which asks no more who sent them. So nothing forged may
 * get there: whatever bears an address that its sender does not have leaves neither router toward the other. For all packets by sets, and for
 * those that would get through without the tier that keeps them out, by the walk too.
 */
import { describe, expect, it } from 'vitest'
import { generateNetwork } from '../../model/generate.ts'
import {
  loadNetwork,
  type Network,
  type Node,
  neighboursOf,
  nodesOfKind,
  parseNetwork,
  surviving,
  vmsOfHost,
} from '../../model/index.ts'
import { hostPrefix, type Prefix } from '../../net/index.ts'
import { derivePolicy, type Policy } from '../../policy/index.ts'
import { createWorld, type World, WorldState, walk } from '../../trace/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { NetworkReach, terrainOf } from '../network/index.ts'
import { PacketSets, typicalPacket } from '../packets/index.ts'
import { elementsOf, together } from './index.ts'

const sets = new PacketSets()

/** The policy without the tier of distribution routers that looks who sends. */
const unasked = ({ points }: Policy): Policy => ({
  points: points.map((point) =>
    point.kind === 'distribution-router'
      ? { ...point, tiers: point.tiers.filter(({ name }) => name !== 'anti-spoofing') }
      : point,
  ),
})

/** Interfaces of distribution routers of a site toward one another: `west/dr1 eth0`. */
const peering = (network: Network, site = ''): readonly string[] =>
  nodesOfKind(network, site, 'distribution-router').flatMap(({ id, kind }) =>
    neighboursOf(network, id).flatMap(({ near, node }) =>
      node.kind === kind && node.site === site ? [`${id} ${near.interface}`] : [],
    ),
  )

/** What a node sends with an address that is not its own; nothing of those that bear any by right. */
function forgedBy(network: Network, node: Node): DiagramSet {
  const by = (prefixes: readonly Prefix[]) => sets.addresses('source', prefixes)
  const own = (nodes: readonly Node[]) =>
    by(nodes.flatMap(({ addresses, publicAddresses }) => [...addresses, ...publicAddresses].map(hostPrefix)))
  const { internal, sites, bogons } = network
  const poolsOf = (name?: string) =>
    sites.filter((site) => site.name === name).flatMap(({ pools }) => Object.values(pools).flat())
  const inside = by(internal)
  switch (node.kind) {
    case 'internet':
    case 'isp':
      return sets.mask(sets.all, sets.union([inside, by(bogons)]))
    case 'access-router':
    case 'balancer':
      // What clients send passes them with addresses of the clients.
      return sets.mask(sets.all, sets.without(inside, own([node])))
    case 'distribution-router':
      return sets.without(sets.all, by(poolsOf(node.site)))
    case 'host':
      return sets.without(sets.all, own([node, ...vmsOfHost(network, node.id)]))
    default:
      return sets.without(sets.all, own([node]))
  }
}

/** Forged packets that leave a router toward its peer, by sender. */
function passed(world: World, router: Node): ReadonlyMap<string, DiagramSet> {
  const { network } = world
  const reach = new NetworkReach(sets, terrainOf(sets, world))
  const places = peering(network, router.site)
  const found = new Map<string, DiagramSet>()
  for (const node of network.nodes) {
    // Routers of the site itself are trusted, as far as balancers do not look who sends.
    if (['access-router', 'distribution-router'].includes(node.kind) && node.site === router.site) continue
    const { sent } = reach.from([{ node: node.id, packets: forgedBy(network, node) }])
    const by = sets.mask(
      forgedBy(network, node),
      sets.union(places.map((place) => sent.get(place) ?? sets.none)),
    )
    if (by !== sets.none) found.set(node.id, by)
  }
  return found
}

describe.each<[string, Network]>([
  ['the example', loadNetwork('examples/two-sites/network.yaml').network as Network],
  [
    'a network that is made',
    parseNetwork(generateNetwork({ vms: 12, sites: 2, hosts: 2 })).network as Network,
  ],
])('%s', (_, network) => {
  const policy = derivePolicy(network)
  const [router] = nodesOfKind(network, network.sites[0]?.name ?? '', 'distribution-router') as [Node]
  const links = elementsOf(network).filter(
    ({ kind, failed }) =>
      kind === 'link' && neighboursOf(network, router.id).some(({ link }) => failed.links.has(link.id)),
  )

  it('has links to lose, and ways between its routers', () => {
    expect(links.length).toBeGreaterThan(8)
    expect(peering(network, router.site).length).toBeGreaterThan(1)
  })

  it.each(['any failure', ...links.map(({ id }) => id)])(
    'passes nothing forged between its routers without %s',
    (id) => {
      const failing = links.filter((each) => each.id === id)
      const left = surviving(network, together(failing))
      const world = createWorld(left, policy)
      expect([...passed(world, router).keys()]).toEqual([])
      const open = createWorld(left, unasked(policy))
      for (const [sender, packets] of passed(open, router)) {
        const known = left.nodes.flatMap(({ addresses }) => addresses)
        const packet = typicalPacket(sets, packets, { source: known, destination: known })
        const departs = (on: World): boolean =>
          walk(on, new WorldState(), sender, packet).some(({ hops }) =>
            hops.some(({ node, departure }) => peering(left, router.site).includes(`${node} ${departure}`)),
          )
        expect([sender, departs(open)]).toEqual([sender, true])
        expect([sender, departs(world)]).toEqual([sender, false])
      }
    },
    60_000,
  )

  it('has packets that would pass without the tier that looks who sends', () => {
    const lost = links.map(
      (each) => passed(createWorld(surviving(network, together([each])), unasked(policy)), router).size,
    )
    expect(lost.filter((size) => size > 0).length).toBeGreaterThan(4)
  }, 60_000)
})
