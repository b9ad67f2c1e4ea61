/**
 * The forwarding table of every node. Specific routes point down, default routes up, equal ways share the flows:
 *
 *     internet ─ ISPs ─ access routers ─ balancers ─ distribution routers ─ machines ─ VMs
 *
 * Internal traffic between sites takes the wide-area links of the distribution routers; public traffic the ISPs.
 * What a router's own pools do not hold is discarded there, so that no address makes two routers play ball.
 */
import { hostPrefix, type Ip, Prefix } from '../net/index.ts'
import { hostServices } from './host-services.ts'
import type { Network, NextHop, Node, NodeKind, Route, Site } from './network.ts'
import { type Neighbour, neighboursOf, nodesOfKind, siteByName, vmsOfHost } from './select.ts'

/** Routes by node id. A node's routes have different prefixes; their order has no meaning. */
export function routesOf(network: Network): ReadonlyMap<string, readonly Route[]> {
  return new Map(network.nodes.map((node) => [node.id, Object.freeze(nodeRoutes(network, node))]))
}

interface Context {
  readonly network: Network
  readonly node: Node
  readonly neighbours: readonly Neighbour[]
}

function nodeRoutes(network: Network, node: Node): Route[] {
  const context: Context = { network, node, neighbours: neighboursOf(network, node.id) }
  if (node.kind === 'internet') return internetRoutes(context)
  const site = siteByName(network, node.site ?? '')
  if (!site) return []
  switch (node.kind) {
    case 'isp':
      return ispRoutes(context, site)
    case 'access-router':
      return accessRouterRoutes(context, site)
    case 'balancer':
      return balancerRoutes(context, site)
    case 'distribution-router':
      return distributionRouterRoutes(context, site)
    case 'vm':
      return defaults(context, 'host')
    default:
      return [
        ...toNeighbours(context, 'vm'),
        ...toNeighbours(context, 'distribution-router'),
        ...defaults(context, 'distribution-router'),
      ]
  }
}

/**
 * The outside is taken to be hostile: it sends us what is addressed to our inside too, so that the access routers have to
 * stop it (R13) and the tests see that they do.
 */
function internetRoutes(context: Context): Route[] {
  const pools = context.network.sites.flatMap((site) => {
    const isps = context.neighbours.filter(({ node }) => node.kind === 'isp' && node.site === site.name)
    return routes(context.node, [...publicPools(site), ...internalPools(site)], hops(isps))
  })
  return [...pools, ...toNeighbours(context, 'isp')]
}

function ispRoutes(context: Context, site: Site): Route[] {
  return [
    ...routes(context.node, [...publicPools(site), ...internalPools(site)], hopsTo(context, 'access-router')),
    ...toNeighbours(context, 'access-router', ({ publicAddresses }) => publicAddresses),
    ...defaults(context, 'internet'),
  ]
}

function accessRouterRoutes(context: Context, site: Site): Route[] {
  return [
    // REQUIREMENTS R14: what is addressed to an inside address never leaves by this router.
    ...discard(context.network.internal),
    ...discard(site.public.routers),
    ...routes(context.node, site.public.vips, hopsTo(context, 'balancer')),
    ...toNeighbours(context, 'balancer', ({ publicAddresses }) => publicAddresses),
    ...toNeighbours(context, 'isp'),
    ...defaults(context, 'isp'),
  ]
}

function balancerRoutes(context: Context, site: Site): Route[] {
  return [
    ...routes(context.node, internalPools(site), hopsTo(context, 'distribution-router')),
    ...toNeighbours(context, 'distribution-router'),
    ...toNeighbours(context, 'access-router'),
    // A VIP that was not translated here would come back from the access router.
    ...discard(site.public.vips),
    ...defaults(context, 'access-router'),
  ]
}

const machines: ReadonlySet<NodeKind> = new Set([
  'name-server',
  'fabric-controller',
  'jump-box',
  'storage',
  'activation-server',
  'host',
])

function distributionRouterRoutes(context: Context, site: Site): Route[] {
  const { network, node, neighbours } = context
  const below = neighbours.filter((neighbour) => machines.has(neighbour.node.kind))
  const vms = below.flatMap((host) =>
    vmsOfHost(network, host.node.id).flatMap((vm) =>
      routes(node, vm.addresses.map(hostPrefix), hops([host])),
    ),
  )
  const accessRouters = nodesOfKind(network, site.name, 'access-router').flatMap(({ addresses }) => addresses)
  const elsewhere = network.sites.flatMap((other) => {
    const links = neighbours.filter(({ node, link }) => link.kind === 'wide-area' && node.site === other.name)
    return links.length > 0 ? routes(node, internalPools(other), hops(links)) : []
  })
  return [
    ...below.flatMap((machine) => routes(node, machine.node.addresses.map(hostPrefix), hops([machine]))),
    ...vms,
    ...toNeighbours(context, 'distribution-router'),
    ...toNeighbours(context, 'balancer', ({ addresses, publicAddresses }) => [
      ...addresses,
      ...publicAddresses,
    ]),
    ...routes(node, accessRouters.map(hostPrefix), hopsTo(context, 'balancer')),
    ...discard(internalPools(site)),
    // Hosts answer there, each to its own VMs; nobody else is led to them.
    ...discard(servicePrefixes(network)),
    ...elsewhere,
    ...defaults(context, 'balancer'),
  ]
}

const publicPools = (site: Site): readonly Prefix[] => [...site.public.vips, ...site.public.routers]

const servicePrefixes = ({ internal }: Network): readonly Prefix[] =>
  hostServices.flatMap(({ addresses }) =>
    addresses
      .filter((address) => internal.some(({ family }) => family === address.family))
      .map((address) => hostPrefix(address)),
  )

const internalPools = ({ pools }: Site): readonly Prefix[] => [
  ...pools.routers,
  ...pools.infrastructure,
  ...pools.hosts,
  ...pools.vms,
]

const hops = (neighbours: readonly Neighbour[]): readonly NextHop[] =>
  Object.freeze(neighbours.map(({ hop }) => hop))

const hopsTo = ({ neighbours }: Context, kind: NodeKind): readonly NextHop[] =>
  hops(neighbours.filter(({ node }) => node.kind === kind))

const discard = (prefixes: readonly Prefix[]): Route[] =>
  prefixes.map((prefix) => Object.freeze({ prefix, nextHops: Object.freeze([]) }))

/** A route to each neighbour of a kind for each of its addresses. */
function toNeighbours(
  { node, neighbours }: Context,
  kind: NodeKind,
  addresses: (neighbour: Node) => readonly Ip[] = (neighbour) => neighbour.addresses,
): Route[] {
  return neighbours.flatMap((neighbour) =>
    neighbour.node.kind === kind
      ? routes(node, addresses(neighbour.node).map(hostPrefix), hops([neighbour]))
      : [],
  )
}

function defaults(context: Context, up: NodeKind): Route[] {
  const families = new Set(context.network.internal.map(({ family }) => family))
  return routes(
    context.node,
    Array.from(families, (family) => Prefix(family, 0n, 0)),
    hopsTo(context, up),
  )
}

function routes(node: Node, prefixes: readonly Prefix[], nextHops: readonly NextHop[]): Route[] {
  return prefixes.map((prefix) => {
    const source = sourceOf(node, prefix)
    return Object.freeze({ prefix, nextHops, ...(source && { source }) })
  })
}

/** What leaves for outside bears a public address if the node has one: no inside address shows itself there. */
function sourceOf(node: Node, { family, length }: Prefix): Ip | undefined {
  const outside = node.kind === 'access-router' || (node.kind === 'balancer' && length === 0)
  const own = [...(outside ? node.publicAddresses : []), ...node.addresses]
  return own.find((address) => address.family === family)
}
