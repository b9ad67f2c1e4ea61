/** A node's maps and programs in the kernel, on its interfaces while these are still down: nothing passes unjudged. */
import type { Count, NodeDeployment } from '../../dataplane/index.ts'
import { readCounters } from '../../dataplane/index.ts'
import {
  addFilterHooks,
  addProgramFilter,
  attachXdp,
  type KernelMap,
  type KernelProgram,
  kernelEngine,
  type NetlinkRequest,
  type ProgramLink,
} from '../../kernel/index.ts'
import type { KernelNode } from './node.ts'

export interface Enforcement {
  /** Empty if the deployment has no map of that name. */
  counters(): readonly Count[]
  close(): void
}

/** Throws what the kernel says, after everything that was made for the node is closed again. */
export function enforce(node: KernelNode, deployment: NodeDeployment): Enforcement {
  const maps: Record<string, KernelMap> = {}
  const programs: KernelProgram[] = []
  const links: ProgramLink[] = []
  const close = (): void => {
    for (const object of [...links.splice(0), ...programs.splice(0), ...Object.values(maps)]) object.close()
  }
  try {
    for (const [name, spec] of Object.entries(deployment.maps)) maps[name] = kernelEngine.createMap(spec)
    for (const [name, entries] of Object.entries(deployment.contents)) maps[name]?.updateBatch(entries)
    const filters = new FilterRequests()
    for (const { program: spec, hook, interfaces } of deployment.attachments) {
      const program = kernelEngine.load(spec, maps)
      programs.push(program)
      for (const name of interfaces) {
        const index = node.interfaceIndex(name)
        if (hook === 'xdp') links.push(attachXdp(node.namespace, index, program))
        else filters.add(index, hook === 'tcx-ingress' ? 'ingress' : 'egress', program)
      }
    }
    node.netlink.batch(filters.requests)
  } catch (error) {
    close()
    throw error
  }
  // The kernel keeps a program as long as it is attached.
  for (const program of programs.splice(0)) program.close()
  const { counters } = maps
  return { counters: () => (counters ? readCounters(counters) : []), close }
}

/** Filters in the order in which they were added; they stand on the hooks of tcx, see `addProgramFilter`. */
class FilterRequests {
  readonly requests: NetlinkRequest[] = []
  readonly #priorities = new Map<string, number>()
  readonly #hooked = new Set<number>()

  add(index: number, direction: 'ingress' | 'egress', program: KernelProgram): void {
    if (!this.#hooked.has(index)) this.requests.push(addFilterHooks(index))
    this.#hooked.add(index)
    const hook = `${index} ${direction}`
    const priority = (this.#priorities.get(hook) ?? 0) + 1
    this.#priorities.set(hook, priority)
    this.requests.push(addProgramFilter({ index, direction, priority, program }))
  }
}
