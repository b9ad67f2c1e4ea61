/**
 * Which programs stand on the interfaces of a node, and the exchange of all of them for others: XDP by a switch, the rest by filters (see
 * `addProgramFilter`). Each hook changes in one step between two packets.
 */
import type { Attachment } from '../../dataplane/index.ts'
import {
  addFilterHooks,
  changeLink,
  deleteProgramFilter,
  type FilterHooks,
  type KernelProgram,
  type Namespace,
  type NetlinkRequest,
  type NetlinkSocket,
  type ProgramFilter,
  replaceProgramFilter,
} from '../../kernel/index.ts'
import { groupBy } from '../../model/index.ts'
import { Barrier } from './barrier.ts'
import { inspectFilters, mendFilters } from './filter-list.ts'
import { Strikes } from './strikes.ts'
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

/** An interface that lets nothing pass until `reopen`. */
export interface Closed {
  /** Interface index. */
  readonly index: number
  /** It was set down too: nothing opens it again. */
  readonly down: boolean
}

export class Hooks {
  readonly #xdp: XdpSwitch
  readonly #barrier: Barrier
  readonly #strikes = new Strikes()
  readonly #hooked = new Set<number>()
  /** Could not be put right at the last try. */
  readonly #broken = new Set<number>()
  /** Closed until `reopen`, since somebody took off again and again what judges there. */
  readonly #barred = new Set<number>()
  readonly #down = new Set<number>()

  /** @param size one more than the largest interface index */
  constructor(namespace: Namespace, size: number) {
    this.#xdp = new XdpSwitch(namespace, size)
    this.#barrier = new Barrier(namespace)
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

  /** What of this is not there, is another program now, or stands behind others. Throws what the kernel says. */
  missing(netlink: NetlinkSocket, standing: readonly Standing[]): readonly Gap[] {
    const gaps: Gap[] = []
    for (const index of this.#xdp.missing()) gaps.push({ index, what: 'XDP program' })
    const hooks = new Map(netlink.filterHooks().map((one) => [one.index, one]))
    for (const [index, filters] of byInterface(standing))
      for (const what of this.#inspect(netlink, filters, hooks.get(index)).faults) gaps.push({ index, what })
    const open = gaps.filter(({ index }) => !this.#barred.has(index))
    for (const index of this.#barrier.closed) {
      if (!this.#barrier.stands(index)) open.push({ index, what: 'barrier' })
      else if (!this.#barred.has(index) && !open.some((gap) => gap.index === index))
        open.push({ index, what: 'barrier, which is not needed any more,' })
    }
    return open
  }

  /**
   * Puts right what is missing. Throws what the kernel says; an interface where that could not be done lets nothing pass then, until a
   * later call succeeds. One where it has to be done again and again lets nothing pass until `reopen`.
   */
  restore(netlink: NetlinkSocket, standing: readonly Standing[]): void {
    const lapsed = new Set(this.missing(netlink, standing).map(({ index }) => index))
    const failures: unknown[] = []
    for (const index of lapsed) {
      try {
        this.#judge(netlink, index)
        this.#mend(netlink, index, standing)
      } catch (error) {
        failures.push(error)
        this.#broken.add(index)
        this.#barrier.close(index)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  /** Interfaces that let nothing pass, since what judges there was taken off again and again. */
  get closed(): readonly Closed[] {
    return Array.from(this.#barred, (index) => ({ index, down: this.#down.has(index) }))
  }

  /** Opens them again, after what judges there is in its place, and forgets how often it was not; not those that are down. Throws what the kernel says. */
  reopen(netlink: NetlinkSocket, standing: readonly Standing[]): void {
    this.#strikes.forget()
    for (const index of this.#barred) {
      if (this.#down.has(index)) continue
      this.#barred.delete(index)
      this.#broken.add(index)
      this.#mend(netlink, index, standing)
    }
  }

  close(): void {
    this.#xdp.close()
    this.#barrier.dispose()
  }

  /** Closes an interface for good if this is once too often; sets it down if not even the barrier stays. */
  #judge(netlink: NetlinkSocket, index: number): void {
    if (this.#barrier.closed.includes(index) && !this.#barrier.stands(index)) {
      netlink.batch([changeLink(index, { up: false })])
      this.#down.add(index)
      this.#barred.add(index)
    } else if (!this.#broken.has(index) && this.#strikes.add(index, performance.now())) {
      this.#barred.add(index)
    }
    if (this.#barred.has(index)) this.#barrier.close(index)
  }

  /** What should judge at an interface, which opens then unless it is barred. */
  #mend(netlink: NetlinkSocket, index: number, standing: readonly Standing[]): void {
    if (this.#xdp.missing().includes(index)) this.#xdp.restore(index)
    const filters = byInterface(standing).get(index)
    if (filters) {
      const inspect = () =>
        this.#inspect(
          netlink,
          filters,
          netlink.filterHooks().find((hooks) => hooks.index === index),
        )
      mendFilters(netlink, filters, inspect, () => this.#barrier.close(index))
    }
    this.#broken.delete(index)
    if (!this.#barred.has(index)) this.#barrier.open(index)
  }

  #inspect(netlink: NetlinkSocket, filters: readonly ProgramFilter[], hooks: FilterHooks | undefined) {
    return inspectFilters(netlink, filters, hooks, this.#barrier.program)
  }
}

/** Filters by their place, in the order in which they are to be added. */
function filtersOf(standing: readonly Standing[]): ReadonlyMap<string, ProgramFilter> {
  const filters = new Map<string, ProgramFilter>()
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

const byInterface = (standing: readonly Standing[]): ReadonlyMap<number, readonly ProgramFilter[]> =>
  groupBy(filtersOf(standing).values(), ({ index }) => index)
