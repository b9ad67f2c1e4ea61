/**
 * Joins the two sides of copies so that the copy disappears, where that cannot make the graph harder to colour: the
 * conservative tests of Briggs (1994) and of George and Appel (1996).
 */
import type { Interference } from './interference.ts'
import { NONE } from './operation.ts'

/** Machine registers that a node may have: r0–r9, or r6–r9 when it lives across a call. */
export function choices(acrossCall: number | undefined): number {
  return acrossCall === 1 ? 4 : 10
}

/** Nodes of the graph after joining. Members of a node are found through `find`. */
export class Nodes {
  readonly degree: Int32Array
  private readonly parent: Int32Array
  private readonly source: Interference

  constructor(source: Interference) {
    this.source = source
    const { neighbours } = source.graph
    this.parent = Int32Array.from(neighbours, (_, register) => register)
    this.degree = Int32Array.from(neighbours, (list) => list.length)
  }

  find(register: number): number {
    let root = register
    while (this.parent[root] !== root) root = this.parent[root]!
    for (let at = register; at !== root; ) {
      const up = this.parent[at]!
      this.parent[at] = root
      at = up
    }
    return root
  }

  isNode(register: number): boolean {
    return this.parent[register] === register
  }

  /** Neighbours that are still nodes of their own. */
  forEachNeighbour(node: number, visit: (other: number) => void): void {
    const list = this.source.graph.neighbours[node]!
    for (let i = 0; i < list.length; i++) if (this.isNode(list[i]!)) visit(list[i]!)
  }

  /** Joins what can be joined; `preferences` are bit masks of machine registers, merged along. */
  coalesce(preferences: Uint16Array): void {
    const moves = this.source.moves.filter((op) => op.def !== NONE)
    for (let joined = true; joined; ) {
      joined = false
      for (const move of moves) {
        const a = this.find(move.def)
        const b = this.find(move.a)
        if (a === b || this.source.graph.has(a, b)) continue
        const [small, big] = this.degree[a]! < this.degree[b]! ? [a, b] : [b, a]
        if (!this.isSafe(small, big)) continue
        this.join(small, big)
        preferences[big]! |= preferences[small]!
        joined = true
      }
    }
  }

  private isSafe(small: number, big: number): boolean {
    const { graph, acrossCall } = this.source
    if (acrossCall[small]! <= acrossCall[big]!) {
      let george = true
      this.forEachNeighbour(small, (other) => {
        if (this.isSignificant(other) && !graph.has(other, big)) george = false
      })
      if (george) return true
    }
    let significant = 0
    this.forEachNeighbour(small, (other) => {
      if (this.isSignificant(other) && !graph.has(other, big)) significant++
    })
    const limit = choices(acrossCall[small]! | acrossCall[big]!)
    if (significant >= limit) return false
    this.forEachNeighbour(big, (other) => {
      if (this.isSignificant(other)) significant++
    })
    return significant < limit
  }

  private isSignificant(node: number): boolean {
    return this.degree[node]! >= choices(this.source.acrossCall[node])
  }

  private join(small: number, big: number): void {
    const { graph, acrossCall, cost } = this.source
    this.forEachNeighbour(small, (other) => {
      if (graph.add(big, other)) this.degree[big]!++
      else this.degree[other]!--
    })
    this.parent[small] = big
    acrossCall[big]! |= acrossCall[small]!
    cost[big]! += cost[small]!
  }
}
