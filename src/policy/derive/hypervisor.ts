/**
 * The hypervisor's packet filter at each VM's port (R18–R20). Outward the machine-config rules of the site's template, inward (theirs
 * and) the role rules of the service model; all else is denied, from before the VM's first packet.
 */

import { type Node, neighboursOf } from '../../model/index.ts'
import { hostPrefix, type Prefix, prefix } from '../../net/index.ts'
import { defaultDeny, flowTier, shapeTier } from '../built-in.ts'
import type { Point, RuleTier } from '../point.ts'
import type { Match } from '../rule.ts'
import { dhcp6Discovery, dhcpDiscovery } from './dhcp.ts'
import { MachineTiers } from './machine-tiers.ts'
import { portTierOf, serverTier } from './port-security.ts'
import { RoleTiers } from './role-tier.ts'
import type { MachinePoints, SiteView } from './site-view.ts'
import { templateRule } from './template-rule.ts'

const machine = templateRule('hypervisor')

/** The points of each VM of a site. */
export function hypervisorPoints(view: SiteView): MachinePoints {
  const outward = new MachineTiers(view, view.site.filters.machineConfig, 'out')
  const inward = new MachineTiers(view, view.site.filters.machineConfig, 'in')
  const servers = serverTier(view)
  const roleTiers = new RoleTiers(view)
  const quota = view.site.flowsPerVm
  return (vm) => {
    if (!vm.vm) return []
    const filter = `${vm.vm.host}/vm/${vm.name}`
    const role = roleTiers.of(vm)
    const linkLocal = neighboursOf(view.network, vm.id).map(({ near }) => hostPrefix(near.linkLocal))
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
        flow: { table: filter, heading: 'from-local', quota },
        tiers: [
          portTierOf(view, vm),
          shapeTier,
          servers,
          ownSourceTier(view, vm, linkLocal),
          flowTier,
          ...outward.of(vm),
        ],
        sets: [...outward.sets(vm), linkLocal],
      },
      {
        ...common,
        id: `${filter}/in`,
        direction: 'out',
        flow: { table: filter, heading: 'to-local', quota },
        tiers: [shapeTier, flowTier, ...inward.of(vm), role.tier],
        sets: [...inward.sets(vm), ...role.sets],
      },
    ] satisfies Point[]
  }
}

/** A VM speaks with its own addresses, or with none while it asks for one. */
function ownSourceTier(view: SiteView, vm: Node, linkLocal: readonly Prefix[]): RuleTier {
  const asking4: Match = { source: [prefix('0.0.0.0/32')], ...dhcpDiscovery }
  const asking6: Match = { source: linkLocal, ...dhcp6Discovery }
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
