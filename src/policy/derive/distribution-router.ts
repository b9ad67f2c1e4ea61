/**
 * Distribution routers (R10): between the balancers, the machines of a site and the other sites. On each interface only addresses that
 * exist, only sources that are behind it, and new TCP connections only where somebody has to open them. One point for each neighbour;
 * those of one kind share their tiers, and what differs (who is behind an interface) is a set.
 */
import { type Neighbour, type Node, type NodeKind, type Site, vmsOfHost } from '../../model/index.ts'
import { hostPrefix, PortRange, type Prefix, Protocol, subtractPrefixes } from '../../net/index.ts'
import { defaultDeny, shapeTier } from '../built-in.ts'
import type { Point, RuleTier, Tier } from '../point.ts'
import type { Match, Rule } from '../rule.ts'
import { addressesOf, type SiteView } from './site-view.ts'
import { templateRule } from './template-rule.ts'

const rule = templateRule('distribution-router')

/** What is at the other end of an interface. */
type Side = 'host' | 'infrastructure' | 'balancer' | 'router' | 'site'

/** The point of each neighbour of a router of a site. */
export function distributionRouterPoints(view: SiteView): (router: Node, neighbour: Neighbour) => Point {
  const approved = approvedTier(view)
  const forward = forwardTier(view)
  const openings = new Map<Side, RuleTier>()
  const sources = new Map<string, readonly Prefix[]>()
  return (router, neighbour) => {
    const { node } = neighbour
    const side = sideOf(view, neighbour)
    const established = openings.get(side) ?? establishedTier(view, side)
    openings.set(side, established)
    // Both routers of a site know a machine by the same list.
    const behind = sources.get(node.id) ?? sourcesOf(view, node)
    sources.set(node.id, behind)
    const tiers: readonly Tier[] = [
      approved,
      antiSpoofingTier(view, side, neighbour, behind),
      established,
      forward,
    ]
    return {
      id: `${router.id}/${neighbour.near.interface}/in`,
      kind: 'distribution-router',
      node: router.id,
      interfaces: [neighbour.near.interface],
      direction: 'in',
      tiers: [shapeTier, ...tiers],
      sets: [behind],
      defaultDeny,
    }
  }
}

const sides: Partial<Readonly<Record<NodeKind, Side>>> = {
  host: 'host',
  balancer: 'balancer',
  'distribution-router': 'router',
}

const sideOf = (view: SiteView, { node }: Neighbour): Side =>
  node.site === view.site.name ? (sides[node.kind] ?? 'infrastructure') : 'site'

/** Addresses that single machines behind an interface have. */
function sourcesOf({ network }: SiteView, node: Node): readonly Prefix[] {
  const public_ = node.kind === 'balancer' ? node.publicAddresses.map(hostPrefix) : []
  return [...addressesOf([node, ...vmsOfHost(network, node.id)]), ...public_]
}

const poolsOf = ({ pools }: Pick<Site, 'pools'>): readonly Prefix[] => [
  ...pools.routers,
  ...pools.infrastructure,
  ...pools.hosts,
  ...pools.vms,
]

/** Addresses that exist: those of the pools of all sites, and public ones. */
function approvedTier(view: SiteView): RuleTier {
  const { internal, bogons, sites } = view.network
  const nobody = subtractPrefixes([...internal, ...bogons], sites.flatMap(poolsOf))
  return {
    kind: 'rules',
    name: 'approved-addresses',
    rules: [
      rule(
        view,
        'approved/source',
        'deny',
        { source: nobody },
        'Nobody has such an address, here or elsewhere.',
      ),
      rule(
        view,
        'approved/destination',
        'deny',
        { destination: nobody },
        'Nobody is there, here or elsewhere.',
      ),
    ],
  }
}

function antiSpoofingTier(
  view: SiteView,
  side: Side,
  { node }: Neighbour,
  behind: readonly Prefix[],
): RuleTier {
  const { network } = view
  const own = (why: string): Rule => rule(view, 'source/behind', 'next', { source: behind }, why)
  const rules: Readonly<Record<Side, () => readonly Rule[]>> = {
    host: () => [
      own('The host, and the VMs on it.'),
      rule(view, 'source/spoofed', 'deny', {}, 'A host speaks for itself and its VMs alone.'),
    ],
    infrastructure: () => [
      own('The machine itself.'),
      rule(view, 'source/spoofed', 'deny', {}, 'A machine speaks for itself alone.'),
    ],
    balancer: () => [
      own('The balancer itself, and what it translated.'),
      rule(
        view,
        'source/spoofed',
        'deny',
        { source: network.internal },
        'From outside nobody comes with an inside address.',
      ),
    ],
    // What another router of the site passes on it has judged.
    router: () => [
      rule(view, 'source/router', 'next', {}, 'A distribution router of this site has let it pass.'),
    ],
    site: () => [
      rule(
        view,
        'source/site',
        'next',
        { source: network.sites.filter(({ name }) => name === node.site).flatMap(poolsOf) },
        'Machines of the other site.',
      ),
      rule(view, 'source/spoofed', 'deny', {}, 'Another site speaks for its own machines alone.'),
    ],
  }
  return { kind: 'rules', name: 'anti-spoofing', rules: rules[side]() }
}

/** TCP that opens a connection, or is nothing that belongs to one: neither ACK nor RST is set (RFC 9293 section 3.10.7). */
const opening: Match = { protocol: Protocol.tcp, tcpFlags: { mask: 0x14, value: 0x00 } }

/** New TCP connections only where somebody has to open them; all other TCP must belong to a connection. */
function establishedTier(view: SiteView, side: Side): RuleTier {
  const { network, site } = view
  const { pools, ports } = site
  const open = (name: string, match: Match, why: string): Rule =>
    rule(view, `new/${name}`, 'next', { ...opening, ...match }, why)
  const others = (match: Match = {}): Rule =>
    rule(
      view,
      'established/required',
      'deny',
      { ...opening, ...match },
      'Nobody opens connections in this direction.',
    )
  const everyInfrastructure = network.sites.flatMap((other) => other.pools.infrastructure)
  const rules: Readonly<Record<Side, () => readonly Rule[]>> = {
    host: () => [
      open('vms', { destination: pools.vms }, 'VMs use each other.'),
      open(
        'infrastructure',
        { destination: pools.infrastructure },
        'Hosts and VMs use the infrastructure of their site.',
      ),
      others({ destination: network.internal }),
    ],
    infrastructure: () => [
      open(
        'infrastructure',
        { destination: everyInfrastructure },
        'The infrastructure uses itself, of all sites.',
      ),
      open('hosts', { destination: pools.hosts }, 'The infrastructure manages the hosts of its site.'),
      open('routers', { destination: pools.routers }, 'The infrastructure manages the routers of its site.'),
      others(),
    ],
    balancer: () => [
      open('vms', { destination: pools.vms }, 'Clients use public endpoints.'),
      open(
        'name-service',
        { destination: addressesOf(view.nodes('name-server')), destinationPorts: [PortRange(ports.dns)] },
        'Clients look up names.',
      ),
      others(),
    ],
    // It leads here what it has lost its own way to, once it has judged where that came from.
    router: () => [
      open(
        'vms',
        { destination: pools.vms },
        'Clients and VMs use VMs, and the other router has lost its way.',
      ),
      open(
        'infrastructure',
        { destination: everyInfrastructure },
        'The infrastructure is used, and the other router has lost its way.',
      ),
      open(
        'hosts',
        { destination: pools.hosts },
        'The infrastructure manages hosts, and the other router has lost its way.',
      ),
      open('routers', { destination: pools.routers }, 'The infrastructure manages the routers of its site.'),
      others({ destination: network.internal }),
    ],
    site: () => [
      open(
        'infrastructure',
        { destination: pools.infrastructure },
        'The infrastructure uses itself, of all sites.',
      ),
      others(),
    ],
  }
  return { kind: 'rules', name: 'established', rules: rules[side]() }
}

const forwardTier = (view: SiteView): RuleTier => ({
  kind: 'rules',
  name: 'forward',
  rules: [rule(view, 'forward/any', 'allow', {}, 'What nothing speaks against is forwarded.')],
})
