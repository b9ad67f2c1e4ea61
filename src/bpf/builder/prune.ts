/** Drops operations whose result nobody reads, and counts the reads of each register. */
import type { Block } from './flow.ts'
import { forEachUse, isPure, NONE } from './operation.ts'

/** Changes the blocks; returns how often each register is read. */
export function prune(blocks: readonly Block[], registers: number): Int32Array {
  const uses = new Int32Array(registers)
  for (const block of blocks) for (const op of block.operations) forEachUse(op, (r) => uses[r]!++)
  for (let dropped = true; dropped; ) {
    dropped = false
    for (let index = blocks.length - 1; index >= 0; index--) {
      const block = blocks[index]!
      const before = block.operations.length
      for (let at = before - 1; at >= 0; at--) {
        const op = block.operations[at]!
        if (op.def === NONE || uses[op.def]! > 0 || !isPure(op)) continue
        forEachUse(op, (r) => uses[r]!--)
        op.kind = 'label'
      }
      block.operations = block.operations.filter((op) => op.kind !== 'label')
      if (block.operations.length < before) dropped = true
    }
  }
  return uses
}
