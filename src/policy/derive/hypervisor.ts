/**
 * The hypervisor's packet filter at each VM's port (R18–R20). Outward the machine-config rules, inward the role rules of the
 * service model; all else is denied, from before the VM's first packet.
 */

import { type Node, neighboursOf } from '../../model/index.ts'
import { hostPrefix, PortRange, Protocol, prefix } from '../../net/index.ts'
import { defaultDeny, flowTier, shapeTier } from '../built-in.ts'
import type { Point, RuleTier } from '../point.ts'
import type { Match } from '../rule.ts'
import { dhcp6Discovery, dhcpDiscovery } from './dhcp.ts'
import { rulesToServices } from './host-services.ts'
import { portTierOf, serverTier } from './port-security.ts'
import { RoleTiers } from './role-tier.ts'
import { addressesOf, type SiteView } from './site-view.ts'
import { templateRule } from './template-rule.ts'

const machine = templateRule('machine-config')

export function hypervisorPoints(view: SiteView): readonly Point[] {
  const machineConfig = machineConfigTier(view)
  const servers = serverTier(view)
  const roleTiers = new RoleTiers(view)
  return view.nodes('vm').flatMap((vm) => {
    if (!vm.vm) return []
    const filter = `${vm.vm.host}/vm/${vm.name}`
    const common = {
      kind: 'hypervisor' as const,
      node: vm.vm.host,
      interfaces: neighboursOf(view.network, vm.id).map(({ far }) => far.interface),
      behind: vm.addresses,
      defaultDeny,
    }
    return [
      {
        ...common,
        id: `${filter}/out`,
        direction: 'in',
        flow: { table: filter, heading: 'from-local' },
        tiers: [portTierOf(view, vm), shapeTier, servers, ownSourceTier(view, vm), flowTier, machineConfig],
      },
      {
        ...common,
        id: `${filter}/in`,
        direction: 'out',
        flow: { table: filter, heading: 'to-local' },
        tiers: [shapeTier, flowTier, roleTiers.of(vm)],
      },
    ] satisfies Point[]
  })
}

/** A VM speaks with its own addresses, or with none while it asks for one. */
function ownSourceTier(view: SiteView, vm: Node): RuleTier {
  const asking4: Match = { source: [prefix('0.0.0.0/32')], ...dhcpDiscovery }
  const asking6: Match = { source: [prefix('fe80::/10')], ...dhcp6Discovery }
  return {
    kind: 'rules',
    name: 'own-source',
    rules: [
      machine(view, 'own/address', 'next', { source: vm.addresses.map(hostPrefix) }, "The VM's own address."),
      machine(view, 'own/dhcp', 'next', asking4, 'A VM without an address asks for one.'),
      machine(view, 'own/dhcp6', 'next', asking6, 'A VM asks for an IPv6 address.'),
      machine(view, 'own/spoofed', 'deny', {}, 'A VM does not speak with an address that is not its own.'),
    ],
  }
}

/** Machine-config rules: the same for every VM of a site. */
function machineConfigTier(view: SiteView): RuleTier {
  const { network, site } = view
  const routers = network.sites.flatMap((s) => [...s.pools.routers, ...s.public.routers])
  const nameServers = addressesOf(view.nodes('name-server'))
  const dns: Match = { destination: nameServers, destinationPorts: [PortRange(site.ports.dns)] }
  const activation: Match = {
    destination: addressesOf(view.nodes('activation-server')),
    protocol: Protocol.tcp,
    destinationPorts: [PortRange(site.ports.activation)],
  }
  return {
    kind: 'rules',
    name: 'machine-config',
    rules: [
      machine(view, 'machine/dhcp', 'allow', dhcpDiscovery, 'To get an address.'),
      machine(view, 'machine/dhcp6', 'allow', dhcp6Discovery, 'To get an IPv6 address.'),
      machine(view, 'machine/dns-udp', 'allow', { ...dns, protocol: Protocol.udp }, 'To look up names.'),
      machine(
        view,
        'machine/dns-tcp',
        'allow',
        { ...dns, protocol: Protocol.tcp },
        'To look up names with long answers.',
      ),
      ...rulesToServices(view),
      machine(view, 'machine/activation', 'allow', activation, 'To activate its operating system.'),
      machine(
        view,
        'machine/cluster',
        'allow',
        { destination: site.pools.vms },
        'To other VMs of the same cluster.',
      ),
      machine(
        view,
        'machine/routers',
        'deny',
        { destination: routers },
        'Router subnets are out of reach for VMs.',
      ),
      machine(
        view,
        'machine/internal',
        'deny',
        { destination: network.internal },
        'Everything else inside is out of reach for VMs too.',
      ),
      machine(
        view,
        'machine/bogon',
        'deny',
        { destination: network.bogons },
        'Nobody is there in the Internet.',
      ),
      machine(view, 'machine/internet', 'allow', {}, 'To the public Internet.'),
    ],
  }
}
