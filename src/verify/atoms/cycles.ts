/** Whether tables lead destinations in a circle, asked after each change of a table about what it changed. */
import type { AtomNetwork } from './atom-reach.ts'
import { noAction } from './routing-table.ts'

export class Cycles {
  readonly #network: AtomNetwork
  /** The look at which each node was visited last. */
  readonly #visited: Int32Array
  #look = 0

  constructor(network: AtomNetwork) {
    this.#network = network
    this.#visited = new Int32Array(network.tables.nodes)
  }

  /** Whether an atom can come back to a node that has sent it, if filters let it pass. */
  through(node: number, atom: number): boolean {
    this.#look++
    const pending = [node]
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      const action = this.#network.tables.action(at, atom)
      if (action === noAction) continue
      for (const { to } of this.#network.exits(at, action)) {
        if (to === node) return true
        if (to === undefined || this.#visited[to] === this.#look) continue
        this.#visited[to] = this.#look
        pending.push(to)
      }
    }
    return false
  }
}
