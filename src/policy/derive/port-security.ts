/**
 * Port security of VMs (R18–R20): a VM speaks with its own hardware address and its own addresses, and is neither a router nor a
 * DHCP server to anybody. Part of Glacis and of no template, so that nobody's template can lose it.
 */
import { type Node, neighboursOf } from '../../model/index.ts'
import { Protocol } from '../../net/index.ts'
import { icmp, icmp6 } from '../../wire/index.ts'
import type { PortTier, RuleTier } from '../point.ts'
import { portTier } from '../port-security.ts'
import type { Match, Rule } from '../rule.ts'
import { toDhcp6Client, toDhcpClient } from './dhcp.ts'
import type { SiteView } from './site-view.ts'
import { templateRule } from './template-rule.ts'

const rule = templateRule('port-security')

/** Throws `TypeError` for a machine with no link or several: it has no port. */
export function portTierOf({ network }: SiteView, vm: Node): PortTier {
  const [neighbour, another] = neighboursOf(network, vm.id)
  if (!neighbour || another) throw new TypeError(`derive the port of ${vm.id}: a VM has one link`)
  return portTier(neighbour.near.mac, neighbour.near.linkLocal, vm.addresses)
}

/** What only servers of addresses and routers say, in packets that can leave the link. The same for every VM. */
export function serverTier(view: SiteView): RuleTier {
  const deny = (id: string, match: Match, why: string): Rule => rule(view, `server/${id}`, 'deny', match, why)
  const icmpOf = (type: number): Match => ({ protocol: Protocol.icmp, icmpType: type })
  const discovery = [
    ['router-solicitation', icmp6.Type.routerSolicitation],
    ['router-advertisement', icmp6.Type.routerAdvertisement],
    ['neighbour-solicitation', icmp6.Type.neighbourSolicitation],
    ['neighbour-advertisement', icmp6.Type.neighbourAdvertisement],
    ['redirect', icmp6.Type.redirect],
  ] as const
  return {
    kind: 'rules',
    name: 'no-server',
    rules: [
      deny('dhcp', toDhcpClient, 'A VM is no DHCP server.'),
      deny('dhcp6', toDhcp6Client, 'A VM is no DHCPv6 server.'),
      deny('icmp-redirect', icmpOf(icmp.Type.redirect), 'A VM redirects nobody (RFC 792).'),
      deny('icmp-router', icmpOf(icmp.Type.routerAdvertisement), 'A VM is no router (RFC 1256).'),
      ...discovery.map(([name, icmpType]) =>
        deny(
          `icmp6-${name}`,
          { protocol: Protocol.icmp6, icmpType },
          'Neighbours are discovered on the link alone, with hop limit 255 (RFC 4861).',
        ),
      ),
    ],
  }
}
