/** A site of a network, as deriving its points looks at it. */
import {
  type Network,
  type Node,
  type NodeKind,
  neighboursOf,
  nodesOfKind,
  type Site,
} from '../../model/index.ts'
import { hostPrefix, type Prefix } from '../../net/index.ts'
import type { Point } from '../point.ts'

export interface SiteView {
  readonly network: Network
  readonly site: Site
  nodes(kind: NodeKind): readonly Node[]
  /** Names of a node's interfaces whose other end is a node of one of these kinds; of all, if none is named. */
  interfaces(node: string, ...toward: NodeKind[]): readonly string[]
}

/** The points of one machine of a site; none, if it has none of these. */
export type MachinePoints = (machine: Node) => readonly Point[]

export const siteViews = (network: Network): readonly SiteView[] =>
  network.sites.map((site) => ({
    network,
    site,
    nodes: (kind) => nodesOfKind(network, site.name, kind),
    interfaces: (id, ...toward) =>
      neighboursOf(network, id)
        .filter(({ node }) => toward.length === 0 || toward.includes(node.kind))
        .map(({ near }) => near.interface),
  }))

/** One prefix for each address of the nodes. */
export const addressesOf = (nodes: readonly Node[]): readonly Prefix[] =>
  nodes.flatMap((node) => node.addresses.map(hostPrefix))
