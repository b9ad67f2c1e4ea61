/** What no distribution router may forward: who may be where, and who opens connections to whom, by the places of the machines. */
import { type Network, type Node, neighboursOf, type Site, siteByName } from '../../../model/index.ts'
import { type Ip, ipEquals, type Prefix, prefixContains } from '../../../net/index.ts'
import type { Point } from '../../../policy/index.ts'
import type { Packet } from './plain-packet.ts'

export function routerFault(
  network: Network,
  { node, interfaces }: Point,
  packet: Packet,
): string | undefined {
  const neighbour = neighboursOf(network, node).find(({ near }) => near.interface === interfaces[0])?.node
  const here = siteByName(network, node.split('/')[0] as string)
  if (!neighbour || !here) return 'a router without a neighbour, or outside all sites'
  const { source, destination, opensTcp } = packet
  if (!isSomebody(network, source)) return 'a router forwarded what comes from nobody'
  if (!isSomebody(network, destination)) return 'a router forwarded to nobody'
  if (!isBehind(network, here, neighbour, source)) return `${neighbour.id} spoke for somebody else`
  if (opensTcp && !mayOpen(network, here, neighbour, destination, packet.destinationPort))
    return `${neighbour.id} opened a connection to where it has none to open`
  return undefined
}

const within = (prefixes: readonly Prefix[], address: Ip): boolean =>
  prefixes.some((prefix) => prefixContains(prefix, address))

const has = ({ addresses }: Node, address: Ip): boolean => addresses.some((own) => ipEquals(own, address))

const isOfSite = ({ pools }: Site, address: Ip): boolean =>
  Object.values(pools).some((pool) => within(pool, address))

const isSomebody = ({ internal, bogons, sites }: Network, address: Ip): boolean =>
  sites.some((site) => isOfSite(site, address)) || !(within(internal, address) || within(bogons, address))

/** Whether a packet with this source may come from a neighbour of a router of the site. */
function isBehind({ internal, nodes, sites }: Network, here: Site, neighbour: Node, source: Ip): boolean {
  if (neighbour.site !== here.name)
    return sites.some((site) => site.name === neighbour.site && isOfSite(site, source))
  switch (neighbour.kind) {
    case 'distribution-router':
      return true
    case 'balancer':
      return has(neighbour, source) || !within(internal, source)
    case 'host':
      return (
        has(neighbour, source) || nodes.some((node) => node.vm?.host === neighbour.id && has(node, source))
      )
    default:
      return has(neighbour, source)
  }
}

/** Whether what is behind a neighbour has a reason to open TCP connections to an address. */
function mayOpen(
  { internal, nodes, sites }: Network,
  here: Site,
  neighbour: Node,
  to: Ip,
  port: number,
): boolean {
  const { vms, infrastructure, hosts, routers } = here.pools
  if (neighbour.site !== here.name) return within(infrastructure, to)
  switch (neighbour.kind) {
    // Of all that is behind it, where it has lost its own way.
    case 'distribution-router':
      return (
        within([...routers, ...vms, ...hosts, ...sites.flatMap(({ pools }) => pools.infrastructure)], to) ||
        !within(internal, to)
      )
    case 'balancer':
      return (
        within(vms, to) ||
        (port === here.ports.dns &&
          nodes.some((node) => node.kind === 'name-server' && node.site === here.name && has(node, to)))
      )
    case 'host':
      return within(vms, to) || within(infrastructure, to) || !within(internal, to)
    default:
      return within([...hosts, ...routers, ...sites.flatMap(({ pools }) => pools.infrastructure)], to)
  }
}
