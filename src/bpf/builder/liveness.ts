/**
 * Which registers are live at the end of each block. Only registers read before they are written in some block are
 * followed, each back along the flow to its definitions; the cost is the size of the answer.
 */
import { type Block, forEachOperation } from './flow.ts'
import { forEachUse, NONE } from './operation.ts'

export interface Liveness {
  /** Per block. */
  readonly out: ReadonlyArray<readonly number[]>
  /** Registers that some path reads before any definition. */
  readonly undefinedAtEntry: readonly number[]
}

export function liveness(blocks: readonly Block[], registers: number): Liveness {
  const exposed = exposedUses(blocks, registers)
  const definedIn = definingBlocks(blocks, exposed)
  const predecessors = predecessorsOf(blocks)
  const out: number[][] = blocks.map(() => [])
  const undefinedAtEntry: number[] = []
  const liveIn = new Int32Array(blocks.length).fill(NONE)
  const liveOut = new Int32Array(blocks.length).fill(NONE)
  const defines = new Int32Array(blocks.length).fill(NONE)
  const pending: number[] = []

  for (const [register, usedIn] of exposed) {
    for (const block of definedIn.get(register) ?? []) defines[block] = register
    for (const block of usedIn) {
      if (liveIn[block] === register) continue
      liveIn[block] = register
      pending.push(block)
    }
    while (pending.length > 0) {
      const block = pending.pop()!
      if (block === 0) undefinedAtEntry.push(register)
      for (const before of predecessors[block]!) {
        if (liveOut[before] === register) continue
        liveOut[before] = register
        out[before]!.push(register)
        if (defines[before] === register || liveIn[before] === register) continue
        liveIn[before] = register
        pending.push(before)
      }
    }
  }
  return { out, undefinedAtEntry }
}

/** Blocks in which a register is read before it is written there. */
function exposedUses(blocks: readonly Block[], registers: number): Map<number, number[]> {
  const exposed = new Map<number, number[]>()
  const writtenIn = new Int32Array(registers).fill(NONE)
  for (const block of blocks) {
    for (const op of block.operations) {
      forEachUse(op, (register) => {
        if (writtenIn[register] === block.index) return
        const seen = exposed.get(register)
        if (seen === undefined) exposed.set(register, [block.index])
        else if (seen.at(-1) !== block.index) seen.push(block.index)
      })
      if (op.def !== NONE) writtenIn[op.def] = block.index
    }
  }
  return exposed
}

function definingBlocks(
  blocks: readonly Block[],
  followed: ReadonlyMap<number, unknown>,
): Map<number, number[]> {
  const definedIn = new Map<number, number[]>()
  for (const block of blocks) {
    for (const { def } of block.operations) {
      if (def === NONE || !followed.has(def)) continue
      const seen = definedIn.get(def)
      if (seen === undefined) definedIn.set(def, [block.index])
      else if (seen.at(-1) !== block.index) seen.push(block.index)
    }
  }
  return definedIn
}

function predecessorsOf(blocks: readonly Block[]): number[][] {
  const predecessors: number[][] = blocks.map(() => [])
  for (const block of blocks) {
    if (block.next !== NONE) predecessors[block.next]!.push(block.index)
    if (block.target !== NONE) predecessors[block.target]!.push(block.index)
  }
  return predecessors
}

/** The first operation that reads the register, for messages. */
export function firstUse(blocks: readonly Block[], register: number) {
  let found: Block['operations'][number] | undefined
  forEachOperation(blocks, (op) => {
    if (found === undefined) forEachUse(op, (used) => (found = used === register ? (found ?? op) : found))
  })
  return found
}
