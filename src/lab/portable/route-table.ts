/** A node's forwarding table: the longest prefix that holds the destination, and one of its next hops by the packet's flow. */
import type { NextHop, Route } from '../../model/index.ts'
import { type Family, type Ip, Protocol, prefixContains } from '../../net/index.ts'
import { finish, mixWord, nameHash, scaleHash } from '../../policy/index.ts'
import type { Datagram } from './datagram.ts'

export class RouteTable {
  readonly #longestFirst: readonly Route[]
  readonly #seed: number
  readonly #found: Readonly<Record<Family, Map<bigint, Route | undefined>>> = { 4: new Map(), 6: new Map() }

  /** @param node its name makes nodes spread flows differently, else a flow would choose the same side everywhere */
  constructor(node: string, routes: readonly Route[]) {
    this.#longestFirst = routes.toSorted((a, b) => b.prefix.length - a.prefix.length)
    this.#seed = nameHash(node, 0)
  }

  lookup(destination: Ip): Route | undefined {
    const found = this.#found[destination.family]
    const known = found.get(destination.value)
    if (known || found.has(destination.value)) return known
    const route = this.#longestFirst.find(({ prefix }) => prefixContains(prefix, destination))
    if (found.size >= maxRemembered) found.clear()
    found.set(destination.value, route)
    return route
  }

  /** Packets of a flow take the same way. `undefined`: the route has none. */
  choose({ nextHops }: Route, datagram: Datagram): NextHop | undefined {
    return nextHops.length > 1
      ? nextHops[scaleHash(flowHash(this.#seed, datagram), nextHops.length)]
      : nextHops[0]
  }
}

/** Destinations whose route is remembered, per node and family. */
const maxRemembered = 10_000

/** Over addresses, protocol and ports, in the manner of `fib_multipath_hash_policy=1`. */
function flowHash(seed: number, { family, bytes, payload, protocol, laterFragment }: Datagram): number {
  let state = mixWord(seed, protocol)
  const end = family === 4 ? 20 : 40
  for (let at = family === 4 ? 12 : 8; at < end; at += 4) state = mixWord(state, wordAt(bytes, at))
  const hasPorts = (protocol === Protocol.tcp || protocol === Protocol.udp) && !laterFragment
  return finish(hasPorts && payload.length >= 4 ? mixWord(state, wordAt(payload, 0)) : state)
}

const wordAt = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
