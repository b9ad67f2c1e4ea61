/** How what is sent to an address spreads over the equal ways: each router passes on equal parts. */
import { forwards, type Node, nodeById } from '../../model/index.ts'
import type { Ip } from '../../net/index.ts'
import type { Ways } from './ways.ts'

/** Shares of what is sent, from 0 to 1. */
export interface Spread {
  /** By `FROM TO`, two nodes that are joined. */
  readonly links: ReadonlyMap<string, number>
  /** What comes to each node. */
  readonly nodes: ReadonlyMap<string, number>
  /** What ends at the nodes that it is for; the rest is lost. */
  readonly ends: ReadonlyMap<string, number>
}

const empty: Spread = { links: new Map(), nodes: new Map(), ends: new Map() }

export class Spreads {
  readonly #ways: Ways
  readonly #known = new Map<Ip, Map<string, Spread>>()

  constructor(ways: Ways) {
    this.#ways = ways
  }

  /**
   * From a node of the network that is left, in the names of that network: machines may stand for others.
   * @param to as the object that a node or VIP has
   */
  of(from: string, to: Ip): Spread {
    let known = this.#known.get(to)
    if (!known) {
      known = new Map()
      this.#known.set(to, known)
    }
    return this.#from(from, to, known)
  }

  #from(from: string, to: Ip, known: Map<string, Spread>): Spread {
    const found = known.get(from)
    if (found) return found
    // What comes back here while it is being worked out goes round, and is lost.
    known.set(from, empty)
    const links = new Map<string, number>()
    const nodes = new Map<string, number>()
    const ends = new Map<string, number>()
    const hops = this.#ways.hops(from, to)
    for (const next of hops) {
      const share = 1 / hops.length
      add(links, `${from} ${next}`, share)
      add(nodes, next, share)
      if (this.#ways.takes(next, to)) add(ends, next, share)
      else if (forwards(nodeById(this.#ways.network, next) as Node)) {
        const rest = this.#from(next, to, known)
        for (const [key, part] of rest.links) add(links, key, part * share)
        for (const [key, part] of rest.nodes) add(nodes, key, part * share)
        for (const [key, part] of rest.ends) add(ends, key, part * share)
      }
    }
    const made = { links, nodes, ends }
    known.set(from, made)
    return made
  }
}

export function add<Key>(sums: Map<Key, number>, key: Key, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value)
}
