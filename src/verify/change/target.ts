/** What packets are sent to, by names that hold in both networks whatever addresses they have there. */
import { hostServices, localAddresses, type Network, virtualEndpoints } from '../../model/index.ts'
import { type Ip, ipEquals } from '../../net/index.ts'

export type Target =
  /** A machine by its own addresses, or by the public ones that a router has beside them. */
  | { readonly kind: 'machine'; readonly node: string; readonly public?: true }
  /** A machine behind the VIPs of a service, or of the name service. */
  | { readonly kind: 'vip'; readonly site: string; readonly service: string; readonly node: string }
  /** What each host has for its own VMs. */
  | { readonly kind: 'host-service'; readonly name: string }
  /** No address that either network gives to anything inside. */
  | { readonly kind: 'outside' }

/** Of the name service, as of a service. */
export const nameService = 'name service'

export interface TargetAddresses {
  readonly target: Target
  readonly addresses: readonly Ip[]
}

/** All but the outside, by a key that means the same in both networks. */
export function targetsOf(network: Network): ReadonlyMap<string, TargetAddresses> {
  const targets = new Map<string, TargetAddresses>()
  const shared = new Set(hostServices.flatMap(({ addresses }) => addresses))
  for (const node of network.nodes.filter(({ kind }) => kind !== 'internet')) {
    const local = localAddresses(node).filter((address) => !shared.has(address))
    const beside = local.filter((address) => node.publicAddresses.includes(address))
    targets.set(`machine ${node.id}`, {
      target: { kind: 'machine', node: node.id },
      addresses: local.filter((address) => !beside.includes(address)),
    })
    if (beside.length > 0)
      targets.set(`machine ${node.id} public`, {
        target: { kind: 'machine', node: node.id, public: true },
        addresses: beside,
      })
  }
  for (const { name, addresses } of hostServices)
    targets.set(`host-service ${name}`, { target: { kind: 'host-service', name }, addresses })
  for (const { site, vip, owner, backends } of virtualEndpoints(network)) {
    const service = owner.kind === 'service' ? owner.service : nameService
    for (const { node } of backends) {
      const key = `vip ${site} ${service} ${node}`
      const addresses = targets.get(key)?.addresses ?? []
      if (addresses.some((known) => ipEquals(known, vip))) continue
      targets.set(key, {
        target: { kind: 'vip', site, service, node },
        addresses: [...addresses, vip],
      })
    }
  }
  return targets
}
