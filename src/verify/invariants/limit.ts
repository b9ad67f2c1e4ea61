/** What is to be looked at again after a change; whatever is not in it is as it was. */
import type { Network, Site } from '../../model/index.ts'
import type { Point } from '../../policy/index.ts'
import type { DiagramSet } from '../diagram/index.ts'

export interface Limit {
  /** Of packets that a node sends, those of which something else may become. */
  packetsOf(node: string): DiagramSet
  /** Of openings that a node sends, those of which errors about them may fare otherwise. */
  toldAbout(node: string): DiagramSet
  /** Of packets that a node has to forward, those about which an error that it tells their sender may fare otherwise. */
  tellingOf(node: string): DiagramSet
  /** Of ICMP errors that a node sends, those of which something else may become. */
  errorsOf(node: string): DiagramSet
  /** Whether a point may judge otherwise, or what it is to do may be otherwise. */
  touches(point: Point): boolean
  /** Sites of {@link Limit.nodes}. */
  readonly sites: ReadonlySet<string>
  /** Nodes at which a point may judge otherwise or be missing, or of which the file says something else. */
  readonly nodes: ReadonlySet<string>
}

/** Sites in which something is looked at. */
export const sitesIn = (network: Network, limit: Limit | undefined): readonly Site[] =>
  limit ? network.sites.filter(({ name }) => limit.sites.has(name)) : network.sites
