/**
 * The host firewall (R22): what may be said to, and by, the host partition, which runs the hypervisor. Answers of name servers
 * pass by the flow tier, since the host asked; DHCP answers may come by broadcast and have a rule.
 */

import type { Node } from '../../model/index.ts'
import { hostPrefix, PortRange, Protocol, prefix } from '../../net/index.ts'
import { defaultDeny, flowTier, shapeTier } from '../built-in.ts'
import type { Point } from '../point.ts'
import type { Match, Rule } from '../rule.ts'
import { dhcp6Reply, dhcp6Request, dhcpReply, dhcpRequest } from './dhcp.ts'
import { rulesOfServices, serviceGuard, servicePrefixesOf } from './host-services.ts'
import { addressesOf, type SiteView } from './site-view.ts'
import { supportAccessTiers } from './support-access.ts'
import { templateRule } from './template-rule.ts'

/** Addresses at which any machine hears on a link, beside its own: link-local, multicast and broadcast. */
const onLink = ['169.254.0.0/16', '224.0.0.0/3', 'fe80::/10', 'ff00::/8'].map(prefix)

const host = templateRule('host-config')

export function hostPoints(view: SiteView): readonly Point[] {
  const supportAccess = supportAccessTiers(view)
  return view.nodes('host').flatMap((host) => {
    const common = {
      kind: 'host' as const,
      node: host.id,
      interfaces: view.interfaces(host.id),
      behind: host.addresses,
      defaultDeny,
    }
    return [
      serviceGuard(view, host),
      {
        ...common,
        id: `${host.id}/partition/in`,
        direction: 'in',
        flow: { table: `${host.id}/partition`, heading: 'to-local' },
        scope: {
          destination: [...host.addresses.map(hostPrefix), ...servicePrefixesOf(host), ...onLink],
        },
        tiers: [
          shapeTier,
          flowTier,
          ...supportAccess,
          { kind: 'rules', name: 'host-config', rules: inward(view) },
        ],
      },
      {
        ...common,
        id: `${host.id}/partition/out`,
        direction: 'out',
        flow: { table: `${host.id}/partition`, heading: 'from-local' },
        scope: { source: ownSources(host) },
        tiers: [
          shapeTier,
          { kind: 'rules', name: 'path-errors', rules: pathErrors(view) },
          flowTier,
          { kind: 'rules', name: 'host-config', rules: outward(view) },
        ],
      },
    ] satisfies Point[]
  })
}

const ownSources = (host: Node) => [
  ...host.addresses.map(hostPrefix),
  ...servicePrefixesOf(host),
  prefix('169.254.0.0/16'),
  prefix('fe80::/10'),
]

function inward(view: SiteView): readonly Rule[] {
  const managers = addressesOf(view.nodes('fabric-controller'))
  const agent: Match = {
    source: managers,
    protocol: Protocol.tcp,
    destinationPorts: [PortRange(view.site.ports.agent)],
  }
  const dhcp: Match = { source: view.site.pools.infrastructure, ...dhcpReply }
  const dhcp6: Match = { source: [...view.site.pools.infrastructure, prefix('fe80::/10')], ...dhcp6Reply }
  return [
    host(view, 'host/agent', 'allow', agent, 'Fabric controllers manage the host on one port.'),
    ...rulesOfServices(view),
    host(view, 'host/dhcp-reply', 'allow', dhcp, 'The host gets its address.'),
    host(view, 'host/dhcp6-reply', 'allow', dhcp6, 'The host gets its IPv6 address.'),
  ]
}

/** What the host, as the first router of its VMs, tells them about their packets: too big, unreachable, hop limit used up. */
function pathErrors(view: SiteView): readonly Rule[] {
  const why = 'A VM learns what became of its packets.'
  const to = { destination: view.site.pools.vms }
  return [
    ...[3, 11].map((icmpType) =>
      host(view, `host/icmp-${icmpType}`, 'allow', { ...to, protocol: Protocol.icmp, icmpType }, why),
    ),
    ...[1, 2, 3].map((icmpType) =>
      host(view, `host/icmp6-${icmpType}`, 'allow', { ...to, protocol: Protocol.icmp6, icmpType }, why),
    ),
  ]
}

function outward(view: SiteView): readonly Rule[] {
  const dns: Match = {
    destination: addressesOf(view.nodes('name-server')),
    destinationPorts: [PortRange(view.site.ports.dns)],
  }
  const fabric: Match = {
    destination: addressesOf(view.nodes('fabric-controller')),
    protocol: Protocol.tcp,
    destinationPorts: [PortRange(view.site.ports.fabric)],
  }
  return [
    host(view, 'host/fabric', 'allow', fabric, 'The agent asks its fabric controller.'),
    host(view, 'host/dns-udp', 'allow', { ...dns, protocol: Protocol.udp }, 'The host looks up names.'),
    host(
      view,
      'host/dns-tcp',
      'allow',
      { ...dns, protocol: Protocol.tcp },
      'The host looks up names with long answers.',
    ),
    host(view, 'host/dhcp', 'allow', dhcpRequest, 'The host asks for its address.'),
    host(view, 'host/dhcp6', 'allow', dhcp6Request, 'The host asks for its IPv6 address.'),
  ]
}
