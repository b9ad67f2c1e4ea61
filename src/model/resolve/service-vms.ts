/** The virtual machines of a service: names, hosts and addresses. */

import type { Listener, Node, Role } from '../network.ts'
import { knownNode } from './known-node.ts'
import type { Resolution } from './resolution.ts'
import type { SiteNodes } from './site-nodes.ts'
import type { SitePools } from './site-pools.ts'

/** Where VMs are put: the host with the fewest, the first of equals. As nothing is ever removed, that is in turn. */
export interface Placement {
  readonly site: string
  readonly nodes: SiteNodes
  readonly pools: SitePools
  readonly vms: Node[]
}

/** A role's or endpoint's name as part of a DNS label: lower case, other characters become hyphens. */
export const labelOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')

export const vmName = (service: string, role: string, instance: number): string =>
  `${service}-${labelOf(role)}-${instance}`

export function placeVms(
  { service, tenant, role }: { service: string; tenant: string; role: Role },
  { site, nodes, pools, vms }: Placement,
  { links, known }: Pick<Resolution, 'links' | 'known'>,
): void {
  const hosts = nodes.rows.host
  if (hosts.length === 0) return
  const listeners = Object.freeze(role.endpoints.flatMap(listenersOf))
  for (let instance = 0; instance < role.instances; instance++) {
    const host = hosts[vms.length % hosts.length] as Node
    const name = vmName(service, role.name, instance)
    const made: Node = Object.freeze({
      id: `${site}/${name}`,
      kind: 'vm',
      site,
      name,
      at: role.at,
      addresses: Object.freeze(pools.vms.take()),
      publicAddresses: Object.freeze([]),
      vm: Object.freeze({ host: host.id, tenant, service, role: role.name, instance }),
      listeners,
    })
    const vm = knownNode(made, known)
    const port = Math.floor(vms.length / hosts.length)
    vms.push(vm)
    links.join('vm-port', { node: host.id, interface: `vm${port}` }, { node: vm.id, interface: 'eth0' })
  }
}

/** Where the protocol is any, it is not known on what the service listens. */
function listenersOf({ name, protocol, port, application }: Role['endpoints'][number]): Listener[] {
  const protocols =
    protocol === 'any' ? [] : protocol === 'tcp-udp' ? (['tcp', 'udp'] as const) : ([protocol] as const)
  return protocols.map((spoken) => Object.freeze({ name, protocol: spoken, port, application }))
}
