/** Look-ups in a network. The indices are made once for each network and kept as long as it is. */
import { groupBy } from './group-by.ts'
import type { Link, LinkEnd, Network, NextHop, Node, NodeKind, Site } from './network.ts'

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
  readonly nodes: ReadonlyMap<string, Node>
  readonly kinds: ReadonlyMap<string, readonly Node[]>
  readonly neighbours: ReadonlyMap<string, readonly Neighbour[]>
  /** By node and the name of its interface, of nodes that were asked for. */
  readonly interfaces: Map<string, ReadonlyMap<string, Neighbour>>
  readonly roles: ReadonlyMap<string, readonly Node[]>
}

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

/** The VMs of the roles that are meant. */
export function vmsOfRoles(
  network: Network,
  isMeant: (service: string, role: string, site: string) => boolean,
): readonly Node[] {
  const found: Node[] = []
  for (const { name, roles, deployments } of network.services)
    for (const role of roles)
      for (const { site } of deployments)
        if (isMeant(name, role.name, site)) found.push(...vmsOfRole(network, site, name, role.name))
  return found
}

/** The VMs of a host, in the order of its ports. */
export const vmsOfHost = (network: Network, host: string): readonly Node[] =>
  neighboursOf(network, host).flatMap(({ node, link }) => (link.kind === 'vm-port' ? [node] : []))

function indicesOf(network: Network): Indices {
  const known = cache.get(network)
  if (known) return known
  const nodes = new Map(network.nodes.map((node) => [node.id, node]))
  const kinds = groupBy(network.nodes, ({ site, kind }) => `${site ?? ''} ${kind}`)
  const vms = network.nodes.filter(({ vm }) => vm)
  const roles = groupBy(vms, ({ site, vm }) => `${site} ${vm?.service} ${vm?.role}`)
  const pairs = network.links.flatMap((link): Neighbour[] => {
    const [a, b] = link.ends
    return [neighbour(nodes, link, a, b), neighbour(nodes, link, b, a)]
  })
  const neighbours = groupBy(pairs, ({ near }) => near.node)
  const indices: Indices = { nodes, kinds, roles, neighbours, interfaces: new Map() }
  cache.set(network, indices)
  return indices
}

function neighbour(nodes: ReadonlyMap<string, Node>, link: Link, near: LinkEnd, far: LinkEnd): Neighbour {
  const node = nodes.get(far.node)
  if (!node)
    throw new Error(
      `index network: link ${link.id} ends at ${far.node}, which is not a node (a bug of Glacis)`,
    )
  const hop = Object.freeze({ interface: near.interface, via: far.linkLocal })
  return { node, link, near, far, hop }
}
