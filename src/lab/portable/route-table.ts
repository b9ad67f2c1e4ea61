/** A node's forwarding table: the longest prefix that holds the destination, and one of its next hops by the packet's flow. */
import { ForwardingTable, type NextHop, type Route } from '../../model/index.ts'
import { Protocol } from '../../net/index.ts'
import { finish, mixWord, nameHash, scaleHash } from '../../policy/index.ts'
import type { Datagram } from './datagram.ts'

export class RouteTable extends ForwardingTable {
  readonly #seed: number

  /** @param node its name makes nodes spread flows differently, else a flow would choose the same side everywhere */
  constructor(node: string, routes: readonly Route[]) {
    super(routes)
    this.#seed = nameHash(node, 0)
  }

  /** Packets of a flow take the same way. `undefined`: the route has none. */
  choose({ nextHops }: Route, datagram: Datagram): NextHop | undefined {
    return nextHops.length > 1
      ? nextHops[scaleHash(flowHash(this.#seed, datagram), nextHops.length)]
      : nextHops[0]
  }
}

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
