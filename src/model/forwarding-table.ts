/** A node's forwarding table: longest-prefix match by one hash table per prefix length. */
import { type Family, familyBits, type Ip, prefixMask } from '../net/index.ts'
import type { Route } from './network.ts'

export class ForwardingTable {
  /** Longest first. */
  readonly #lengths: Readonly<Record<Family, { length: number; routes: Map<bigint, Route> }[]>> = {
    4: [],
    6: [],
  }

  /** @param routes have different prefixes */
  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const lengths = this.#lengths[route.prefix.family]
      let entry = lengths.find(({ length }) => length === route.prefix.length)
      if (!entry) {
        entry = { length: route.prefix.length, routes: new Map() }
        lengths.push(entry)
        lengths.sort((a, b) => b.length - a.length)
      }
      entry.routes.set(route.prefix.value, route)
    }
  }

  /** The route with the longest prefix that holds the address. */
  lookup({ family, value }: Ip): Route | undefined {
    for (const { length, routes } of this.#lengths[family]) {
      const route = routes.get(length === familyBits(family) ? value : value & prefixMask(family, length))
      if (route) return route
    }
    return undefined
  }
}
