/** What is left of a network when some of it fails. */
import type { Network } from './network.ts'

/** Elements that fail together. */
export interface Failed {
  /** Ids of nodes. Their links fail with them, and VMs with their host. */
  readonly nodes: ReadonlySet<string>
  /** Ids of links. */
  readonly links: ReadonlySet<string>
}

/**
 * The network without what failed, and otherwise as the file has it: addresses stay whose they are, and the file's sites, services and rules
 * stay. Routes, backends of endpoints and answers are those that are derived from it.
 */
export function surviving(network: Network, { nodes, links }: Failed): Network {
  const isAlive = (id: string): boolean => !nodes.has(id)
  return Object.freeze({
    ...network,
    nodes: Object.freeze(
      network.nodes.filter(({ id, vm }) => isAlive(id) && (vm === undefined || isAlive(vm.host))),
    ),
    links: Object.freeze(
      network.links.filter(({ id, ends }) => !links.has(id) && ends.every(({ node }) => isAlive(node))),
    ),
  })
}
