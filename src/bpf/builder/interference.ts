/**
 * Which registers must not share a machine register: one is written while the other is live. A copy's source and
 * result may share, for they hold the same value.
 */
import type { Block } from './flow.ts'
import { forEachUse, isPure, NONE, type Operation } from './operation.ts'

/** Undirected graph with constant-time edge tests: lists of neighbours, and a hash set of pairs. */
export class InterferenceGraph {
  readonly neighbours: number[][]
  private pairs: Float64Array
  private mask: number
  private count = 0

  constructor(registers: number) {
    this.neighbours = Array.from({ length: registers }, () => [])
    let capacity = 64
    while (capacity < registers * 4) capacity *= 2
    this.pairs = new Float64Array(capacity)
    this.mask = capacity - 1
  }

  /** False if the edge was there. */
  add(a: number, b: number): boolean {
    if (!this.insert(key(a, b))) return false
    this.neighbours[a]!.push(b)
    this.neighbours[b]!.push(a)
    return true
  }

  has(a: number, b: number): boolean {
    const wanted = key(a, b)
    for (let at = this.hash(wanted); ; at = (at + 1) & this.mask) {
      const found = this.pairs[at]!
      if (found === wanted) return true
      if (found === 0) return false
    }
  }

  private insert(wanted: number): boolean {
    let at = this.hash(wanted)
    for (; this.pairs[at] !== 0; at = (at + 1) & this.mask) if (this.pairs[at] === wanted) return false
    this.pairs[at] = wanted
    if (++this.count * 2 > this.mask) this.grow()
    return true
  }

  private grow(): void {
    const old = this.pairs
    this.pairs = new Float64Array(old.length * 2)
    this.mask = this.pairs.length - 1
    for (const pair of old) {
      if (pair === 0) continue
      let at = this.hash(pair)
      while (this.pairs[at] !== 0) at = (at + 1) & this.mask
      this.pairs[at] = pair
    }
  }

  private hash(pair: number): number {
    const low = pair % 0x1_0000_0000
    const high = (pair - low) / 0x1_0000_0000
    return ((Math.imul(low, 0x9e3779b1) ^ Math.imul(high + 1, 0x85ebca6b)) >>> 8) & this.mask
  }
}

const SPAN = 2 ** 26
function key(a: number, b: number): number {
  return a < b ? (a + 1) * SPAN + b : (b + 1) * SPAN + a
}

export interface Interference {
  readonly graph: InterferenceGraph
  /** 1: live across a call, which keeps r6–r9 only. */
  readonly acrossCall: Uint8Array
  /** Reads and writes, weighted by loop depth: what a place on the stack would cost. */
  readonly cost: Float64Array
  readonly moves: readonly Operation[]
}

/** Also drops operations without effect from the blocks. */
export function interference(
  blocks: readonly Block[],
  liveOut: ReadonlyArray<readonly number[]>,
  registers: number,
): Interference {
  const graph = new InterferenceGraph(registers)
  const acrossCall = new Uint8Array(registers)
  const cost = new Float64Array(registers)
  const moves: Operation[] = []
  const weights = loopWeights(blocks)
  const live = new LiveSet(registers)

  for (const block of blocks) {
    const weight = weights[block.index]!
    live.reset(liveOut[block.index]!)
    let dropped = false
    for (let at = block.operations.length - 1; at >= 0; at--) {
      const op = block.operations[at]!
      const { def } = op
      if (def !== NONE) {
        if (!live.has(def) && isPure(op)) {
          op.kind = 'label'
          dropped = true
          continue
        }
        live.delete(def)
        cost[def]! += weight
        const same = op.kind === 'move' ? op.a : NONE
        for (let i = 0; i < live.size; i++) {
          const other = live.items[i]!
          if (other !== same) graph.add(def, other)
        }
        if (op.kind === 'move') moves.push(op)
      }
      if (op.kind === 'call') for (let i = 0; i < live.size; i++) acrossCall[live.items[i]!] = 1
      forEachUse(op, (register) => {
        cost[register]! += weight
        live.add(register)
      })
    }
    if (dropped) block.operations = block.operations.filter((op) => op.kind !== 'label')
  }
  return { graph, acrossCall, cost, moves }
}

/** Each backward jump multiplies the weight of the blocks that it spans by 8. */
function loopWeights(blocks: readonly Block[]): Float64Array {
  const weights = new Float64Array(blocks.length).fill(1)
  for (const block of blocks) {
    if (block.target === NONE || block.target > block.index) continue
    for (let inside = block.target; inside <= block.index; inside++) weights[inside]! *= 8
  }
  return weights
}

class LiveSet {
  size = 0
  readonly items: Int32Array
  private readonly position: Int32Array

  constructor(registers: number) {
    this.items = new Int32Array(registers)
    this.position = new Int32Array(registers)
  }

  reset(items: readonly number[]): void {
    this.size = 0
    for (const item of items) this.add(item)
  }

  has(item: number): boolean {
    const at = this.position[item]!
    return at < this.size && this.items[at] === item
  }

  add(item: number): void {
    if (this.has(item)) return
    this.position[item] = this.size
    this.items[this.size++] = item
  }

  delete(item: number): void {
    if (!this.has(item)) return
    const last = this.items[--this.size]!
    const at = this.position[item]!
    this.items[at] = last
    this.position[last] = at
  }
}
