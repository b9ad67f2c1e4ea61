/** Who stands for many: the first node of a kind, the first services of a site, a VM of each of their roles. */
import { type Network, type Node, type NodeKind, nodesOfKind } from '../../model/index.ts'

export const first = (network: Network, site: string, kind: NodeKind): readonly Node[] =>
  nodesOfKind(network, site, kind).slice(0, 1)

/** Names of the services that are tried by everybody, by site. */
export type Sample = ReadonlyMap<string, ReadonlySet<string>>

export function firstServices(network: Network, site: string, count: number): ReadonlySet<string> {
  const here = network.services.filter(({ deployments }) => deployments.some((d) => d.site === site))
  return new Set(here.slice(0, count).map(({ name }) => name))
}

export function firstOfRoles(network: Network, site: string, sample: Sample): readonly Node[] {
  const found = new Map<string, Node>()
  for (const vm of nodesOfKind(network, site, 'vm')) {
    if (!sample.get(site)?.has(vm.vm?.service ?? '')) continue
    const key = `${vm.vm?.service} ${vm.vm?.role}`
    if (!found.has(key)) found.set(key, vm)
  }
  return [...found.values()]
}
