/** Look-ups in a network. The indices are made once for each network and kept as long as it is. */
import { groupBy } from './group-by.ts'
import type { Link, LinkEnd, Network, NextHop, Node, NodeKind, Service, Site } from './network.ts'

/** The other end of one of a node's links. */
export interface Neighbour {
  readonly node: Node
  readonly link: Link
  /** This node's end. */
  readonly near: LinkEnd
  readonly far: LinkEnd
  /** How this node forwards a packet over the link. */
  readonly hop: NextHop
}

interface Indices {
  readonly nodes: Index<Node>
  readonly kinds: ReadonlyMap<string, readonly Node[]>
  readonly neighbours: Index<readonly Neighbour[]>
  /** By node and the name of its interface, of nodes that were asked for. */
  readonly interfaces: Map<string, ReadonlyMap<string, Neighbour>>
  readonly roles: Index<readonly Node[]>
  readonly services: Index<Service>
}

type Index<T> = Pick<ReadonlyMap<string, T>, 'get'>

const cache = new WeakMap<Network, Indices>()

export const nodeById = (network: Network, id: string): Node | undefined => indicesOf(network).nodes.get(id)

export const siteByName = (network: Network, name: string): Site | undefined =>
  network.sites.find((site) => site.name === name)

/** In file order. `site` is `undefined` for what is outside all sites. */
export const nodesOfKind = (network: Network, site: string | undefined, kind: NodeKind): readonly Node[] =>
  indicesOf(network).kinds.get(`${site ?? ''} ${kind}`) ?? []

/** All of other kinds, of which there may be few among very many nodes. */
export function nodesBut(network: Network, left: readonly NodeKind[]): readonly Node[] {
  const isMeant = ([first]: readonly Node[]) => first !== undefined && !left.includes(first.kind)
  return [...indicesOf(network).kinds.values()].filter(isMeant).flat()
}

/** In the order of the links. */
export const neighboursOf = (network: Network, node: string): readonly Neighbour[] =>
  indicesOf(network).neighbours.get(node) ?? []

/** The neighbour to which an interface of a node leads. */
export function neighbourBy(network: Network, node: string, iface: string): Neighbour | undefined {
  const { interfaces, neighbours } = indicesOf(network)
  const known =
    interfaces.get(node) ?? new Map((neighbours.get(node) ?? []).map((each) => [each.near.interface, each]))
  interfaces.set(node, known)
  return known.get(iface)
}

/** Interface indexes of a node, by interface: in the order of its links, from 2 on, since 1 is the loopback everywhere. */
export const interfaceNumbers = (network: Network, node: string): ReadonlyMap<string, number> =>
  new Map(neighboursOf(network, node).map(({ near }, position) => [near.interface, position + 2]))

export const linksOf = (network: Network, node: string): readonly Link[] =>
  neighboursOf(network, node).map(({ link }) => link)

/** The VMs of a role in a site, by instance. */
export const vmsOfRole = (network: Network, site: string, service: string, role: string): readonly Node[] =>
  indicesOf(network).roles.get(`${site} ${service} ${role}`) ?? []

export const serviceByName = (network: Network, name: string): Service | undefined =>
  indicesOf(network).services.get(name)

const servicesNamed = (network: Network, names: Iterable<string>): readonly Service[] =>
  [...names].flatMap((name) => serviceByName(network, name) ?? [])

/** Names of the sites in which some services stand. */
export const sitesOfServices = (network: Network, names: Iterable<string>): ReadonlySet<string> =>
  new Set(servicesNamed(network, names).flatMap(({ deployments }) => deployments.map(({ site }) => site)))

/** The VMs of those roles of some services that are meant, service by service. */
export const vmsOfServices = (
  network: Network,
  names: Iterable<string>,
  isMeant: (service: string, role: string, site: string) => boolean,
): readonly Node[] =>
  servicesNamed(network, names).flatMap(({ name, roles, deployments }) =>
    roles.flatMap((role) =>
      deployments.flatMap(({ site }) =>
        isMeant(name, role.name, site) ? vmsOfRole(network, site, name, role.name) : [],
      ),
    ),
  )

/** The VMs of a host, in the order of its ports. */
export const vmsOfHost = (network: Network, host: string): readonly Node[] =>
  neighboursOf(network, host).flatMap(({ node, link }) => (link.kind === 'vm-port' ? [node] : []))

function indicesOf(network: Network): Indices {
  const known = cache.get(network)
  if (known) return known
  const nodes = new Map(network.nodes.map((node) => [node.id, node]))
  const kinds = groupBy(network.nodes, kindKey)
  const vms = network.nodes.filter(({ vm }) => vm)
  const roles = groupBy(vms, roleKey)
  const neighbours = neighboursBy(nodes, network.links)
  const services = new Map(network.services.map((service) => [service.name, service]))
  const indices: Indices = { nodes, kinds, roles, neighbours, services, interfaces: new Map() }
  cache.set(network, indices)
  return indices
}

const kindKey = ({ site, kind }: Node): string => `${site ?? ''} ${kind}`
const roleKey = ({ site, vm }: Node): string => `${site} ${vm?.service} ${vm?.role}`

const neighboursBy = (
  nodes: Index<Node>,
  links: readonly Link[],
): ReadonlyMap<string, readonly Neighbour[]> =>
  groupBy(
    links.flatMap((link): Neighbour[] => {
      const [a, b] = link.ends
      return [neighbour(nodes, link, a, b), neighbour(nodes, link, b, a)]
    }),
    ({ near }) => near.node,
  )

/** What a network has otherwise than another one. */
export interface Otherwise {
  /** VMs, as they were and as they are. */
  readonly vms: readonly Node[]
  /** Links that the other one does not have. */
  readonly links: readonly Link[]
  /** Names of services. */
  readonly services: ReadonlySet<string>
}

/**
 * Makes the indices of a network from those of another that has the same nodes, links and services, the same objects in the same order, but for some: of very many it
 * takes long to list all again.
 */
export function indexNetworkAfter(
  network: Network,
  base: Network,
  { vms, links, services: names }: Otherwise,
): void {
  const was = indicesOf(base)
  const changed = new Set(vms.map(({ id }) => id))
  const there = new Map([...new Set(vms.map(kindKey))].map((key) => [key, vmsAfter(network, was, key)]))
  const all = [...there.values()].flat()
  const own = new Map(all.flatMap((node) => (changed.has(node.id) ? [[node.id, node] as const] : [])))
  const nodes: Index<Node> = { get: (id) => (changed.has(id) ? own.get(id) : was.nodes.get(id)) }
  const kinds = new Map(was.kinds)
  for (const [key, list] of there)
    if (list.length > 0) kinds.set(key, list)
    else kinds.delete(key)
  const keys = new Set(vms.map(roleKey))
  const ofRoles = groupBy(
    all.filter((node) => keys.has(roleKey(node))),
    roleKey,
  )
  const { beside, neighbours } = neighboursAfter(network, base, { changed, links, nodes })
  const services = new Map(
    network.services.flatMap((service) => (names.has(service.name) ? [[service.name, service]] : [])),
  )
  cache.set(network, {
    nodes,
    kinds,
    roles: { get: (key) => (keys.has(key) ? ofRoles.get(key) : was.roles.get(key)) },
    neighbours: { get: (id) => (beside.has(id) ? neighbours.get(id) : was.neighbours.get(id)) },
    services: { get: (name) => (names.has(name) ? services.get(name) : was.services.get(name)) },
    interfaces: new Map(),
  })
}

/** The VMs of a site, that stand together in the list of nodes. @param key of the site's VMs */
function vmsAfter({ nodes }: Network, { kinds }: Indices, key: string): readonly Node[] {
  const isMeant = (node: Node | undefined): boolean => node !== undefined && kindKey(node) === key
  // To find a known object is quicker than to look into many.
  const known = (kinds.get(key) ?? []).find((node) => nodes.includes(node))
  const middle = known ? nodes.indexOf(known) : nodes.findIndex(isMeant)
  if (middle < 0) return []
  let first = middle
  while (isMeant(nodes[first - 1])) first--
  let end = middle
  while (isMeant(nodes[end])) end++
  return nodes.slice(first, end)
}

/** Of changed nodes and of those beside them. */
function neighboursAfter(
  network: Network,
  base: Network,
  {
    changed,
    links,
    nodes,
  }: { readonly changed: ReadonlySet<string>; readonly links: readonly Link[]; readonly nodes: Index<Node> },
): { readonly beside: ReadonlySet<string>; readonly neighbours: Index<readonly Neighbour[]> } {
  const was = indicesOf(base).neighbours
  const beside = new Set(changed)
  for (const id of changed) for (const { far } of was.get(id) ?? []) beside.add(far.node)
  if (network.links === base.links) {
    const again = ({ link, near, far }: Neighbour) => neighbour(nodes, link, near, far)
    return {
      beside,
      neighbours: new Map(Array.from(beside, (id) => [id, (was.get(id) ?? []).map(again)])),
    }
  }
  for (const { ends } of links) for (const { node } of ends) beside.add(node)
  const own = new Set(links)
  for (const id of beside) for (const { link } of was.get(id) ?? []) own.add(link)
  const places = Array.from(own, (link) => ({ link, at: network.links.indexOf(link) }))
  const there = places.filter(({ at }) => at >= 0).sort((a, b) => a.at - b.at)
  return {
    beside,
    neighbours: neighboursBy(
      nodes,
      there.map(({ link }) => link),
    ),
  }
}

function neighbour(nodes: Index<Node>, link: Link, near: LinkEnd, far: LinkEnd): Neighbour {
  const node = nodes.get(far.node)
  if (!node)
    throw new Error(
      `index network: link ${link.id} ends at ${far.node}, which is not a node (a bug of Glacis)`,
    )
  const hop = Object.freeze({ interface: near.interface, via: far.linkLocal })
  return { node, link, near, far, hop }
}
