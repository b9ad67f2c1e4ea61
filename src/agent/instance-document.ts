/** What the metadata server says of a VM, in the form of Azure's instance metadata: all of it from the model. */
import { type Network, type Node, neighboursOf, siteByName } from '../model/index.ts'
import { type Family, formatIp, prefixContains } from '../net/index.ts'
import { deploymentIdOf, nameUuid, vmIdOf } from './identity.ts'

/** Text at the leaves. */
export type Metadata = string | readonly Metadata[] | { readonly [key: string]: Metadata }

export function instanceDocument(network: Network, vm: Node): Metadata {
  return { compute: compute(network, vm), network: { interface: interfaces(network, vm) } }
}

function compute(network: Network, vm: Node): Metadata {
  const { tenant = '', service = '', role = '', instance = 0 } = vm.vm ?? {}
  const tags = { tenant, service, role, instance: String(instance) }
  return {
    location: vm.site ?? '',
    name: vm.name,
    osType: 'Linux',
    provider: 'Glacis',
    resourceGroupName: service,
    subscriptionId: nameUuid(`https://${network.name}.${network.zone}/tenant/${tenant}`),
    deploymentId: deploymentIdOf(network, vm),
    tags: Object.entries(tags)
      .map(([name, value]) => `${name}:${value}`)
      .join(';'),
    tagsList: Object.entries(tags).map(([name, value]) => ({ name, value })),
    vmId: vmIdOf(network, vm),
    vmScaleSetName: `${service}-${role}`,
    zone: '',
  }
}

function interfaces(network: Network, vm: Node): Metadata {
  return neighboursOf(network, vm.id).map(({ near }) => ({
    ipv4: addressesOf(network, vm, 4),
    ipv6: addressesOf(network, vm, 6),
    // Twelve digits, as Azure writes it.
    macAddress: near.mac.replaceAll(':', '').toUpperCase(),
  }))
}

function addressesOf(network: Network, vm: Node, family: Family): Metadata {
  const own = vm.addresses.filter((address) => address.family === family)
  const pools = siteByName(network, vm.site ?? '')?.pools.vms ?? []
  const subnets = pools.filter((pool) => own.some((address) => prefixContains(pool, address)))
  return {
    // Its VIP belongs to the service, not to the machine.
    ipAddress: own.map((address) => ({ privateIpAddress: formatIp(address), publicIpAddress: '' })),
    subnet: subnets.map(({ family, value, length }) => ({
      address: formatIp({ family, value }),
      prefix: String(length),
    })),
  }
}
