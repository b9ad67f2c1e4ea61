/** Whose points are to be made again after a change of a network. */
import {
  type Network,
  type NetworkChanges,
  type Node,
  nodeById,
  sitesOfServices,
  vmsBeside,
  vmsOfHost,
  vmsOtherwise,
} from '../../model/index.ts'

/**
 * Of whom points follow from something that is otherwise. Those of a VM follow from what it is, from its service and the VMs of this, and from its host and the
 * VMs of that; those of a host from the VMs on it; those of routers and balancers from all machines of the site.
 */
export class Concerned {
  /** Some of whose machines are otherwise. */
  readonly #sites = new Set<string>()
  readonly #edges: ReadonlySet<string>
  readonly #machines = new Set<string>()

  constructor(was: Network, is: Network, changes: NetworkChanges) {
    const { machines, services, edges } = changes
    this.#edges = edges
    const hosts = new Set(machines.flatMap(({ vm }) => vm?.host ?? []))
    for (const network of [was, is]) {
      for (const host of hosts) {
        this.#add(nodeById(network, host))
        for (const vm of vmsOfHost(network, host)) this.#add(vm)
      }
      for (const site of sitesOfServices(network, services)) this.#sites.add(site)
      for (const vm of vmsBeside(network, machines)) this.#add(vm)
      for (const vm of vmsOtherwise(network, changes)) this.#add(vm)
    }
  }

  #add(node: Node | undefined): void {
    if (!node) return
    this.#machines.add(node.id)
    if (node.site) this.#sites.add(node.site)
  }

  hasSite(name: string): boolean {
    return this.#edges.has(name) || this.#sites.has(name)
  }

  hasMachinesOf(name: string): boolean {
    return this.#sites.has(name)
  }

  hasMachine(id: string): boolean {
    return this.#machines.has(id)
  }
}
