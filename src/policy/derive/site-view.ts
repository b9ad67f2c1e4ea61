/** What deriving the points of a site needs to know of it, looked up once. */

import type { Network, Node, NodeKind, Site } from '../../model/index.ts'
import { familyBits, type Ip, Prefix } from '../../net/index.ts'

export interface SiteView {
  readonly network: Network
  readonly site: Site
  nodes(kind: NodeKind): readonly Node[]
  /** Names of a node's interfaces whose other end is a node of one of these kinds. */
  interfaces(node: string, ...toward: NodeKind[]): readonly string[]
}

/** Views of all sites; linear in the size of the network. */
export function siteViews(network: Network): readonly SiteView[] {
  const kinds = new Map(network.nodes.map((node) => [node.id, node.kind]))
  const interfaces = new Map<string, { name: string; toward: NodeKind }[]>()
  for (const { ends } of network.links)
    ends.forEach((end, i) => {
      const other = ends[1 - i] as (typeof ends)[0]
      const list = interfaces.get(end.node) ?? []
      list.push({ name: end.interface, toward: kinds.get(other.node) as NodeKind })
      interfaces.set(end.node, list)
    })
  const bySite = new Map<string, Map<NodeKind, Node[]>>()
  for (const node of network.nodes) {
    if (node.site === undefined) continue
    const kindsOfSite = bySite.get(node.site) ?? new Map<NodeKind, Node[]>()
    bySite.set(node.site, kindsOfSite)
    const group = kindsOfSite.get(node.kind) ?? []
    group.push(node)
    kindsOfSite.set(node.kind, group)
  }
  return network.sites.map((site) => ({
    network,
    site,
    nodes: (kind) => bySite.get(site.name)?.get(kind) ?? [],
    interfaces: (node, ...toward) =>
      (interfaces.get(node) ?? [])
        .filter((entry) => toward.includes(entry.toward))
        .map((entry) => entry.name),
  }))
}

/** One prefix for each address of the nodes. */
export const addressesOf = (nodes: readonly Node[]): readonly Prefix[] =>
  nodes.flatMap((node) => node.addresses.map(toPrefix))

export const toPrefix = (address: Ip): Prefix =>
  Prefix(address.family, address.value, familyBits(address.family))
