/**
 * Which programs stand on the interfaces of a node, and the exchange of all of them for others: XDP by a switch, the rest by filters (see
 * `addProgramFilter`). Each hook changes in one step between two packets.
 */
import type { Attachment } from '../../dataplane/index.ts'
import {
  addFilterHooks,
  deleteProgramFilter,
  type KernelProgram,
  type Namespace,
  type NetlinkRequest,
  type NetlinkSocket,
  replaceProgramFilter,
} from '../../kernel/index.ts'
import { XdpSwitch } from './xdp-switch.ts'

/** A program on one interface. On one hook, the first in a list judges first. */
export interface Standing {
  /** Interface index. */
  readonly index: number
  readonly hook: Attachment['hook']
  readonly program: KernelProgram
}

export class Hooks {
  readonly #xdp: XdpSwitch
  readonly #hooked = new Set<number>()

  /** @param size one more than the largest interface index */
  constructor(namespace: Namespace, size: number) {
    this.#xdp = new XdpSwitch(namespace, size)
  }

  /**
   * Programs that stand under the same interface, hook and place give way to each other; what has no successor is taken off. Throws
   * what the kernel says, with some hooks changed: exchange back.
   */
  replace(netlink: NetlinkSocket, before: readonly Standing[], next: readonly Standing[]): void {
    for (const { index, hook, program } of next) if (hook === 'xdp') this.#xdp.put(index, program)
    const kept = new Set(next.filter(({ hook }) => hook === 'xdp').map(({ index }) => index))
    for (const index of [...this.#xdp.interfaces]) if (!kept.has(index)) this.#xdp.remove(index)
    const requests: NetlinkRequest[] = []
    const filters = filtersOf(next)
    const old = filtersOf(before)
    for (const [key, filter] of filters) {
      if (!this.#hooked.has(filter.index)) requests.push(addFilterHooks(filter.index))
      this.#hooked.add(filter.index)
      if (old.get(key)?.program !== filter.program) requests.push(replaceProgramFilter(filter))
    }
    for (const [key, filter] of old) if (!filters.has(key)) requests.push(deleteProgramFilter(filter))
    netlink.batch(requests)
  }

  close(): void {
    this.#xdp.close()
  }
}

interface Filter {
  readonly index: number
  readonly direction: 'ingress' | 'egress'
  readonly priority: number
  readonly program: KernelProgram
}

/** Filters by their place, in the order in which they are to be added. */
function filtersOf(standing: readonly Standing[]): ReadonlyMap<string, Filter> {
  const filters = new Map<string, Filter>()
  const priorities = new Map<string, number>()
  for (const { index, hook, program } of standing) {
    if (hook === 'xdp') continue
    const direction = hook === 'tcx-ingress' ? 'ingress' : 'egress'
    const place = `${index} ${direction}`
    const priority = (priorities.get(place) ?? 0) + 1
    priorities.set(place, priority)
    filters.set(`${place} ${priority}`, { index, direction, priority, program })
  }
  return filters
}
