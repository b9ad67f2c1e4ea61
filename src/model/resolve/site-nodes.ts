/** The fixed machines of a site, row by row, and the cables between the rows. */
import type { CountedMachine, TemplateFile } from '../../file/index.ts'
import type { Ip } from '../../net/index.ts'
import { hostServiceListeners } from '../host-services.ts'
import type { InfrastructureService, Link, Listener, Network, Node, NodeKind, SiteFrame } from '../network.ts'
import { knownNode } from './known-node.ts'
import type { LinkMaker } from './link.ts'
import type { SitePools } from './site-pools.ts'

export interface SiteNodes {
  /** Outermost row first. */
  readonly rows: Readonly<Record<RowKind, readonly Node[]>>
  readonly nodes: readonly Node[]
}

export type RowKind = Exclude<NodeKind, 'internet' | 'vm'>

interface Row {
  readonly kind: RowKind
  /** Nodes are called `ar1`, `ar2`, … */
  readonly prefix: string
  readonly count: CountedMachine
  readonly pool: keyof SitePools
}

const rows: readonly Row[] = [
  { kind: 'isp', prefix: 'isp', count: 'isps', pool: 'isps' },
  { kind: 'access-router', prefix: 'ar', count: 'access-routers', pool: 'routers' },
  { kind: 'balancer', prefix: 'lb', count: 'balancers', pool: 'routers' },
  { kind: 'distribution-router', prefix: 'dr', count: 'distribution-routers', pool: 'routers' },
  { kind: 'name-server', prefix: 'ns', count: 'name-servers', pool: 'infrastructure' },
  { kind: 'fabric-controller', prefix: 'fc', count: 'fabric-controllers', pool: 'infrastructure' },
  { kind: 'jump-box', prefix: 'jump', count: 'jump-boxes', pool: 'infrastructure' },
  { kind: 'storage', prefix: 'storage', count: 'storage-nodes', pool: 'infrastructure' },
  { kind: 'activation-server', prefix: 'activation', count: 'activation-servers', pool: 'infrastructure' },
  { kind: 'host', prefix: 'host', count: 'hosts', pool: 'hosts' },
]

/** Rows below the distribution routers: each node has a link to every one of these. */
export const machineRows: readonly RowKind[] = [
  'name-server',
  'fabric-controller',
  'jump-box',
  'storage',
  'activation-server',
  'host',
]

/** @param known an earlier network: nodes that say the same are taken from it */
export function makeSiteNodes(
  site: SiteFrame,
  template: TemplateFile,
  pools: SitePools,
  known?: Network,
): SiteNodes {
  const { name: siteName, at } = site
  const made = Object.fromEntries(
    rows.map((row) => {
      const nodes = Array.from({ length: template[row.count] }, (_, i): Node => {
        const name = `${row.prefix}${i + 1}`
        const addresses = Object.freeze(pools[row.pool].take())
        const listeners = listenersOf(row.kind, site, addresses)
        const publicAddresses = Object.freeze(publicAddressesOf(row.kind, pools))
        const node: Node = Object.freeze({
          id: `${siteName}/${name}`,
          kind: row.kind,
          site: siteName,
          name,
          at,
          addresses,
          publicAddresses,
          listeners,
        })
        return knownNode(node, known)
      })
      return [row.kind, nodes]
    }),
  ) as unknown as Record<RowKind, Node[]>
  return { rows: made, nodes: rows.flatMap(({ kind }) => made[kind]) }
}

function publicAddressesOf(kind: RowKind, pools: SitePools): Ip[] {
  if (kind === 'access-router') return pools.publicRouters.take()
  return kind === 'balancer' ? pools.vips.takeLast() : []
}

function listenersOf(
  kind: RowKind,
  { ports, infrastructure }: SiteFrame,
  own: readonly Ip[],
): readonly Listener[] {
  const one = (
    name: string,
    service: InfrastructureService,
    plain: Listener['application'],
    protocol: 'tcp' | 'udp' = 'tcp',
  ) => {
    const application = infrastructure[service]?.category === 2 ? 'mutual-tls' : plain
    return Object.freeze({ name, protocol, port: ports[service], application, service })
  }
  switch (kind) {
    case 'name-server':
      return Object.freeze([one('dns', 'dns', 'dns', 'udp'), one('dns-tcp', 'dns', 'dns')])
    case 'fabric-controller':
      return Object.freeze([one('fabric', 'fabric', 'http')])
    case 'jump-box':
      return Object.freeze([one('ssh', 'ssh', 'echo')])
    case 'storage':
      return Object.freeze([one('storage', 'storage', 'http')])
    case 'activation-server':
      return Object.freeze([one('activation', 'activation', 'echo')])
    case 'host':
      return Object.freeze([one('agent', 'agent', 'http'), ...hostServiceListeners(own)])
    default:
      return Object.freeze([])
  }
}

/**
 * internet – ISPs – access routers – balancers – distribution routers – machines; each row fully joined to the next, and
 * the distribution routers to each other.
 */
export function joinRows(site: string, internet: string, { rows }: SiteNodes, links: LinkMaker): void {
  for (const isp of rows.isp)
    links.join(
      'peering',
      { node: internet, interface: `${site}-${isp.name}` },
      { node: isp.id, interface: 'internet' },
    )
  joinAll('peering', rows.isp, rows['access-router'], links)
  joinAll('inside', rows['access-router'], rows.balancer, links)
  joinAll('inside', rows.balancer, rows['distribution-router'], links)
  // A packet for one of them, or from a wide-area link of one of them, must not depend on which one it came to first.
  rows['distribution-router'].forEach((b, index) => {
    for (const a of rows['distribution-router'].slice(0, index)) joinAll('inside', [a], [b], links)
  })
  for (const row of machineRows) joinAll('inside', rows['distribution-router'], rows[row], links)
}

function joinAll(kind: Link['kind'], upper: readonly Node[], lower: readonly Node[], links: LinkMaker): void {
  for (const b of lower)
    for (const a of upper)
      links.join(kind, { node: a.id, interface: b.name }, { node: b.id, interface: a.name })
}

/** Joins the distribution routers of two sites one to one; where one site has more, they share. */
export function joinSites(
  a: { readonly name: string; readonly nodes: SiteNodes },
  b: { readonly name: string; readonly nodes: SiteNodes },
  links: LinkMaker,
): void {
  const left = a.nodes.rows['distribution-router']
  const right = b.nodes.rows['distribution-router']
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const from = left[i % left.length] as Node
    const to = right[i % right.length] as Node
    links.join(
      'wide-area',
      { node: from.id, interface: `${b.name}-${to.name}` },
      { node: to.id, interface: `${a.name}-${from.name}` },
    )
  }
}
