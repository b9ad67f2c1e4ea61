/** Who sends: honest nodes with their own addresses, and forgers with those of somebody else. */
import type { Network, Node } from '../../model/index.ts'
import type { Ip } from '../../net/index.ts'
import { machines, type SourceKind } from './kinds.ts'
import { first, firstOfRoles, type Sample } from './sample.ts'

export interface Source {
  readonly kind: SourceKind
  readonly node: Node
  /** Addresses that it bears instead of its own. */
  readonly forged?: readonly Ip[]
}

/** One node of each kind and site, and of VMs one of each role. */
export function sourcesOf(network: Network, sample: Sample): readonly Source[] {
  const internet = network.nodes.filter(({ kind }) => kind === 'internet')
  const ofSites = network.sites.flatMap(({ name }) => [
    ...first(network, name, 'isp'),
    ...firstOfRoles(network, name, sample),
    ...machines.flatMap((kind) => first(network, name, kind)),
  ])
  const honest = [...internet, ...ofSites].map((node): Source => ({ kind: node.kind as SourceKind, node }))
  return [...honest, ...forgeries(network, sample)]
}

/**
 * The Internet as a fabric controller of each site (an internal address) and as a VIP of it (an own public address); a VM of each
 * site as another VM; a storage node as a fabric controller.
 */
function forgeries(network: Network, sample: Sample): readonly Source[] {
  const outside = network.nodes.find(({ kind }) => kind === 'internet')
  return network.sites.flatMap(({ name, dnsVips }) => {
    const [controller] = first(network, name, 'fabric-controller')
    const [storage] = first(network, name, 'storage')
    const [vm, other] = firstOfRoles(network, name, sample)
    return [
      ...(outside && controller
        ? [{ kind: 'forged' as const, node: outside, forged: controller.addresses }]
        : []),
      ...(outside ? [{ kind: 'forged' as const, node: outside, forged: dnsVips }] : []),
      ...(vm && other ? [{ kind: 'forged' as const, node: vm, forged: other.addresses }] : []),
      ...(storage && controller
        ? [{ kind: 'forged' as const, node: storage, forged: controller.addresses }]
        : []),
    ]
  })
}
