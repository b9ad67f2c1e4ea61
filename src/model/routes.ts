/**
 * The forwarding table of every node. Specific routes point down, default routes up, equal ways share the flows:
 *
 *     internet ─ ISPs ─ access routers ─ balancers ─ distribution routers ─ machines ─ VMs
 *
 * Internal traffic between sites takes the wide-area links of the distribution routers; public traffic the ISPs.
 * What a router's own pools do not hold is discarded there, so that no address makes two routers play ball.
 *
 * Of a network in which something has failed, the routes are those that are left: nodes that lead nowhere any more are not used, what is
 * for one balancer goes by the routers that are joined to it, and a distribution router goes by its peers to what it has lost.
 */
import { formatIp, hostPrefix, type Ip, Prefix } from '../net/index.ts'
import { hostServices } from './host-services.ts'
import type { Network, NextHop, Node, NodeKind, Route, Site } from './network.ts'
import { type Neighbour, neighboursOf, nodeById, nodesOfKind, siteByName, vmsOfHost } from './select.ts'
import { type WaysOn, waysOn } from './ways-on.ts'

/** Routes by node id. A node's routes have different prefixes; their order has no meaning. */
export const routesOf = (network: Network): ReadonlyMap<string, readonly Route[]> =>
  new Map(network.nodes.map((node) => [node.id, routesAt(network, node)]))

/** The routes of one node, as {@link routesOf} has them. */
export const routesAt = (network: Network, node: Node): readonly Route[] =>
  Object.freeze(nodeRoutes(network, node))

/**
 * The routes of one node, as {@link routesAt} has them, made from those that it had when some VMs were otherwise: what leads elsewhere is the same objects.
 * @param vms as they were, and as they are; all else that routes follow from is as it was
 */
export function routesAfter(
  network: Network,
  node: Node,
  known: readonly Route[],
  vms: readonly Node[],
): readonly Route[] {
  const hosts = new Set(vms.flatMap(({ vm }) => vm?.host ?? []))
  const below = neighboursOf(network, node.id).filter((each) => hosts.has(each.node.id))
  if (node.kind !== 'distribution-router' || below.length < hosts.size) return routesAt(network, node)
  const interfaces = new Set(below.map(({ near }) => near.interface))
  const changed = new Set(vms.flatMap(({ addresses }) => addresses.map(formatIp)))
  const there = below.flatMap((host) =>
    vmRoutes(
      node,
      host,
      vms.filter((vm) => vm.vm?.host === host.node.id && nodeById(network, vm.id) === vm),
    ),
  )
  const later = new Map(there.map((route) => [formatIp(route.prefix), route]))
  const routes: Route[] = []
  for (const route of known) {
    const [hop, other] = route.nextHops
    const isBelow = hop !== undefined && other === undefined && interfaces.has(hop.interface)
    const address = isBelow ? formatIp(route.prefix) : ''
    if (!isBelow || !changed.has(address)) routes.push(route)
    const instead = later.get(address)
    if (!instead) continue
    routes.push(instead)
    later.delete(address)
  }
  return Object.freeze([...routes, ...later.values()])
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
    const { down } = waysOn(context.network)
    return [
      ...routes(
        context.node,
        [...publicPools(site), ...internalPools(site)],
        hops(isps.filter(({ node }) => down.has(node.id))),
      ),
      ...toLostBalancers(context, site, isps, ({ id }, balancer) =>
        neighboursOf(context.network, id).some(({ node }) => isJoined(context.network, node.id, balancer)),
      ),
    ]
  })
  return [...pools, ...toNeighbours(context, 'isp')]
}

function ispRoutes(context: Context, site: Site): Route[] {
  return [
    ...routes(
      context.node,
      [...publicPools(site), ...internalPools(site)],
      hopsTo(context, 'access-router', 'down'),
    ),
    ...toLostBalancers(
      context,
      site,
      context.neighbours.filter(({ node }) => node.kind === 'access-router'),
      ({ id }, balancer) => isJoined(context.network, id, balancer),
    ),
    ...toNeighbours(context, 'access-router', ({ publicAddresses }) => publicAddresses),
    ...defaults(context, 'internet'),
  ]
}

/**
 * Connections that a balancer lent a port to come back to that one alone. Where not all routers of a row lead to it, those that do are
 * named; else the routes of the pool serve.
 */
function toLostBalancers(
  { network, node }: Context,
  site: Site,
  row: readonly Neighbour[],
  leads: (router: Node, balancer: string) => boolean,
): Route[] {
  return nodesOfKind(network, site.name, 'balancer').flatMap((balancer) => {
    const ways = row.filter((router) => leads(router.node, balancer.id))
    return ways.length === row.length
      ? []
      : routes(node, balancer.publicAddresses.map(hostPrefix), hops(ways))
  })
}

const isJoined = (network: Network, a: string, b: string): boolean =>
  neighboursOf(network, a).some(({ node }) => node.id === b)

function accessRouterRoutes(context: Context, site: Site): Route[] {
  return [
    // REQUIREMENTS R14: what is addressed to an inside address never leaves by this router.
    ...discard(context.network.internal),
    ...discard(site.public.routers),
    ...routes(context.node, site.public.vips, hopsTo(context, 'balancer', 'down')),
    ...toNeighbours(context, 'balancer', ({ publicAddresses }) => publicAddresses),
    ...toNeighbours(context, 'isp'),
    ...defaults(context, 'isp', 'up'),
  ]
}

function balancerRoutes(context: Context, site: Site): Route[] {
  return [
    ...routes(context.node, internalPools(site), hopsTo(context, 'distribution-router')),
    ...toNeighbours(context, 'distribution-router'),
    ...toNeighbours(context, 'access-router'),
    // A VIP that was not translated here would come back from the access router.
    ...discard(site.public.vips),
    ...defaults(context, 'access-router', 'up'),
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
  const peers = neighbours.filter(
    (each) => each.node.kind === 'distribution-router' && each.node.site === site.name,
  )
  const below = neighbours.filter((neighbour) => machines.has(neighbour.node.kind))
  const vms = below.flatMap((host) => vmRoutes(node, host, vmsOfHost(network, host.node.id)))
  const accessRouters = nodesOfKind(network, site.name, 'access-router').flatMap(({ addresses }) => addresses)
  const elsewhere = network.sites.flatMap((other) => {
    const leadsThere = (each: Neighbour): boolean =>
      each.link.kind === 'wide-area' && each.node.site === other.name
    const links = neighbours.filter(leadsThere)
    const ways =
      links.length > 0 ? links : peers.filter((peer) => neighboursOf(network, peer.node.id).some(leadsThere))
    return ways.length > 0 ? routes(node, internalPools(other), hops(ways)) : []
  })
  return [
    ...below.flatMap((machine) => routes(node, machine.node.addresses.map(hostPrefix), hops([machine]))),
    ...vms,
    ...toNeighbours(context, 'distribution-router'),
    ...toNeighbours(context, 'balancer', ({ addresses, publicAddresses }) => [
      ...addresses,
      ...publicAddresses,
    ]),
    ...byPeers(context, peers),
    ...routes(node, accessRouters.map(hostPrefix), hopsTo(context, 'balancer')),
    ...discard(internalPools(site)),
    // Hosts answer there, each to its own VMs; nobody else is led to them.
    ...discard(servicePrefixes(network)),
    ...elsewhere,
    ...upByPeers(context, peers),
  ]
}

const vmRoutes = (node: Node, host: Neighbour, vms: readonly Node[]): readonly Route[] =>
  routes(node, vms.flatMap(({ addresses }) => addresses).map(hostPrefix), hops([host]))

/** What a distribution router is not joined to, and its peers are: machines, their VMs, balancers. */
function byPeers({ network, node, neighbours }: Context, peers: readonly Neighbour[]): Route[] {
  const own = new Set(neighbours.map((each) => each.node.id))
  const ways = new Map<Node, Neighbour[]>()
  for (const peer of peers)
    for (const { node: lost } of neighboursOf(network, peer.node.id))
      if ((machines.has(lost.kind) || lost.kind === 'balancer') && !own.has(lost.id)) {
        const known = ways.get(lost)
        if (known) known.push(peer)
        else ways.set(lost, [peer])
      }
  return Array.from(ways).flatMap(([lost, by]) => {
    const vms = lost.kind === 'host' ? vmsOfHost(network, lost.id) : []
    const addresses = [
      ...lost.addresses,
      ...lost.publicAddresses,
      ...vms.flatMap(({ addresses }) => addresses),
    ]
    return routes(node, addresses.map(hostPrefix), hops(by))
  })
}

/** The default routes of a distribution router: by balancers, or where it has lost them by its peers. */
function upByPeers(context: Context, peers: readonly Neighbour[]): Route[] {
  const own = defaults(context, 'balancer', 'up')
  if (own.some(({ nextHops }) => nextHops.length > 0)) return own
  const { up } = waysOn(context.network)
  const ways = peers.filter((peer) =>
    neighboursOf(context.network, peer.node.id).some(
      ({ node }) => node.kind === 'balancer' && up.has(node.id),
    ),
  )
  return own.map((route) => Object.freeze({ ...route, nextHops: hops(ways) }))
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

/** @param way the one that they must lead on; absent: any neighbour of the kind does */
function hopsTo({ network, neighbours }: Context, kind: NodeKind, way?: keyof WaysOn): readonly NextHop[] {
  const leading = way && waysOn(network)[way]
  return hops(neighbours.filter(({ node }) => node.kind === kind && (leading?.has(node.id) ?? true)))
}

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

function defaults(context: Context, up: NodeKind, way?: keyof WaysOn): Route[] {
  const families = new Set(context.network.internal.map(({ family }) => family))
  return routes(
    context.node,
    Array.from(families, (family) => Prefix(family, 0n, 0)),
    hopsTo(context, up, way),
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
  const isMeant = (address: Ip): boolean => address.family === family
  return (outside ? node.publicAddresses.find(isMeant) : undefined) ?? node.addresses.find(isMeant)
}
