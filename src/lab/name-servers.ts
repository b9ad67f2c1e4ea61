/** Where the nodes of a network ask for names. */
import { type Network, type Node, nodesOfKind } from '../model/index.ts'
import type { Ip } from '../net/index.ts'

/**
 * Addresses at which a node reaches name servers, first the best. Inside a site they are those of the site's own servers; outside,
 * and at the access routers, which send nothing inside, the VIPs of all sites' servers, the own site's first.
 */
export function nameServersOf(network: Network, { kind, site }: Node): readonly Ip[] {
  if (site !== undefined && kind !== 'isp' && kind !== 'access-router')
    return nodesOfKind(network, site, 'name-server').flatMap(({ addresses }) => addresses)
  const own = network.sites.filter(({ name }) => name === site)
  const others = network.sites.filter(({ name }) => name !== site)
  return [...own, ...others].flatMap(({ dnsVips }) => dnsVips)
}
