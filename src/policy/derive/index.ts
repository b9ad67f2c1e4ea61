/** Every enforcement point of a network, derived from its model. The only place where policy is made. */
import { type Network, type VirtualEndpoint, virtualEndpoints } from '../../model/index.ts'
import type { Policy } from '../policy.ts'
import { accessRouterPoints } from './access-router.ts'
import { balancerPoints } from './balancer.ts'
import { hostPoints } from './host.ts'
import { hypervisorPoints } from './hypervisor.ts'
import { siteViews } from './site-view.ts'

/** Derives the policy. The same network gives the same policy, byte for byte. */
export function derivePolicy(network: Network): Policy {
  const interfaces = new Map<string, string[]>()
  const vmPorts = new Map<string, string>()
  for (const { kind, ends } of network.links) {
    for (const end of ends) {
      const names = interfaces.get(end.node) ?? []
      names.push(end.interface)
      interfaces.set(end.node, names)
    }
    if (kind === 'vm-port') {
      const [host, vm] = ends
      vmPorts.set(vm.node, host.interface)
    }
  }
  const endpoints = new Map<string, VirtualEndpoint[]>()
  for (const endpoint of virtualEndpoints(network))
    endpoints.set(endpoint.site, [...(endpoints.get(endpoint.site) ?? []), endpoint])
  const points = siteViews(network).flatMap((view) => [
    ...accessRouterPoints(view),
    ...balancerPoints(view, endpoints.get(view.site.name) ?? []),
    ...hypervisorPoints(view, (vm) => vmPorts.get(vm) as string),
    ...hostPoints(view, (node) => interfaces.get(node) ?? []),
  ])
  return Object.freeze({ points: Object.freeze(points) })
}
