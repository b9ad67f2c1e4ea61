/** A conversation with rtnetlink in one namespace. */
import type { Namespace } from '../netns.ts'
import { dumpAddresses, type LinkAddress, readAddress } from './address.ts'
import { openConversation } from './conversation.ts'
import type { ProgramFilter } from './filter.ts'
import { dumpLinks, type LinkState, readLink } from './link.ts'
import type { NetlinkRequest } from './message.ts'
import { dumpRoutes, type KernelRoute, readRoute } from './route.ts'
import {
  dumpFilterHooks,
  dumpFilters,
  type FilterHooks,
  readFilter,
  readFilterHooks,
  type StandingFilter,
} from './standing-filter.ts'

export interface NetlinkSocket {
  readonly fd: number
  readonly namespace: Namespace
  /**
   * Sends the requests in order; the kernel carries each out before the next. All are tried, those after a failed one too.
   * Throws `NetlinkError` with every failure, after the last has been answered.
   */
  batch(requests: readonly NetlinkRequest[]): void
  links(): LinkState[]
  addresses(): Array<Required<LinkAddress>>
  /** Unicast and null routes of all tables. */
  routes(): KernelRoute[]
  /** Links that have hooks for filters. */
  filterHooks(): FilterHooks[]
  /** What stands on a hook of a link, in the order in which it judges. */
  filters(index: number, direction: ProgramFilter['direction']): StandingFilter[]
  close(): void
}

const NETLINK_ROUTE = 0

/** Opens a socket in `namespace`. Throws `KernelError`. */
export function openNetlink(namespace: Namespace): NetlinkSocket {
  const { fd, batch, dump, close } = openConversation(namespace, NETLINK_ROUTE)
  return Object.freeze({
    fd,
    namespace,
    batch,
    links: () => dump(dumpLinks, readLink),
    addresses: () => dump(dumpAddresses, readAddress),
    routes: () => dump(dumpRoutes, readRoute),
    filterHooks: () => dump(dumpFilterHooks, readFilterHooks),
    filters: (index: number, direction: ProgramFilter['direction']) =>
      dump(dumpFilters(index, direction), readFilter),
    close,
  })
}
