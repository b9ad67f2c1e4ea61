/**
 * Which programs stand on the interfaces of a node, and the exchange of all of them for others: XDP by a switch, the rest by filters (see
 * `addProgramFilter`). Each hook changes in one step between two packets.
 */
import type { Attachment } from '../../dataplane/index.ts'
import {
  addFilterHooks,
  deleteFilterHooks,
  deleteProgramFilter,
  type KernelProgram,
  type Namespace,
  type NetlinkRequest,
  type NetlinkSocket,
  replaceProgramFilter,
} from '../../kernel/index.ts'
import { Barrier } from './barrier.ts'
import { XdpSwitch } from './xdp-switch.ts'

/** A program on one interface. On one hook, the first in a list judges first. */
export interface Standing {
  /** Interface index. */
  readonly index: number
  readonly hook: Attachment['hook']
  readonly program: KernelProgram
}

/** A program that does not stand where it should. */
export interface Gap {
  /** Interface index. */
  readonly index: number
  /** For people: `XDP program`, `filter 2 at ingress`. */
  readonly what: string
}

export class Hooks {
  readonly #xdp: XdpSwitch
  readonly #barrier = new Barrier()
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

  /** What of this is not there, or is another program now. Throws what the kernel says. */
  missing(netlink: NetlinkSocket, standing: readonly Standing[]): readonly Gap[] {
    const gaps: Gap[] = this.#xdp.missing().map((index) => ({ index, what: 'XDP program' }))
    const there = new Map<string, Map<number, number>>()
    for (const { index, direction, priority, program } of filtersOf(standing).values()) {
      const place = `${index} ${direction}`
      const found =
        there.get(place) ??
        new Map(netlink.filters(index, direction).map((filter) => [filter.priority, filter.program]))
      there.set(place, found)
      if (found.get(priority) !== idOf(program))
        gaps.push({ index, what: `filter ${priority} at ${direction}` })
    }
    return gaps
  }

  /**
   * Puts back what is missing. Throws what the kernel says; an interface whose XDP program could not be put back then receives nothing,
   * until a later call succeeds.
   */
  restore(netlink: NetlinkSocket, standing: readonly Standing[]): void {
    const indices = new Set(this.missing(netlink, standing).map(({ index }) => index))
    const filters = [...filtersOf(standing).values()].filter(({ index }) => indices.has(index))
    for (const index of new Set(filters.map((filter) => filter.index)))
      restoreFilters(
        netlink,
        index,
        filters.filter((filter) => filter.index === index),
      )
    for (const index of this.#xdp.missing()) {
      try {
        this.#xdp.restore(index)
      } catch (error) {
        this.#barrier.close(netlink, index)
        throw error
      }
    }
    this.#barrier.open(netlink)
  }

  close(): void {
    this.#xdp.close()
    this.#barrier.dispose()
  }
}

const ids = new WeakMap<KernelProgram, number>()

function idOf(program: KernelProgram): number {
  const id = ids.get(program) ?? program.info().id
  ids.set(program, id)
  return id
}

/** Whatever stands there instead gives way. */
function restoreFilters(netlink: NetlinkSocket, index: number, filters: readonly Filter[]): void {
  const again = filters.map(replaceProgramFilter)
  const tries: readonly (readonly NetlinkRequest[])[] = [
    again,
    [addFilterHooks(index), ...again],
    [deleteFilterHooks(index), addFilterHooks(index), ...again],
  ]
  for (const [number, requests] of tries.entries()) {
    try {
      return netlink.batch(requests)
    } catch (error) {
      if (number === tries.length - 1) throw error
    }
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
