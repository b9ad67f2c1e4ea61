/**
 * The flow graph: operations cut into blocks in program order, jumps led to where they end up, branches turned around
 * where that saves a jump, and what nothing leads to dropped (the kernel refuses unreachable instructions).
 */
import { BuildError } from '../errors.ts'
import { INVERSE } from '../opcodes.ts'
import { NONE, type Operation } from './operation.ts'
import type { Label } from './value.ts'

export interface Block {
  /** Position in the flow graph's list, which is program order. */
  index: number
  /** Ends with at most one `jump`, `branch` or `exit`; labels are gone. */
  operations: Operation[]
  /** Block that a jump or branch at the end leads to. */
  target: number
  /** Block reached without a jump; NONE after `jump` and `exit`. */
  next: number
  /** Name for people, of the first label that stands here; labels of the caller before those of the builder. */
  hint: string
  generated: boolean
}

/** @throws BuildError for labels never placed and for paths that run past the end. */
export function flowGraph(operations: readonly Operation[], labels: readonly Label[]): Block[] {
  const { blocks, blockOf } = cut(operations, labels)
  for (const block of blocks) {
    const last = block.operations.at(-1)
    if (last === undefined || (last.kind !== 'jump' && last.kind !== 'branch')) continue
    block.target = blockOf[last.label]!
    if (block.target === NONE) {
      const label = labels[last.label]!
      throw new BuildError(
        `Building failed: label '${label.hint}' is jumped to${last.note ? ` (${last.note.site})` : ''} and stands nowhere; place it`,
      )
    }
  }
  for (const block of blocks) if (block.target !== NONE) block.target = destination(blocks, block.target)
  turnBranches(blocks)
  return reachable(blocks)
}

function cut(operations: readonly Operation[], labels: readonly Label[]) {
  const blockOf = new Int32Array(labels.length).fill(NONE)
  const blocks: Block[] = []
  const open = (): Block => {
    const block: Block = {
      index: blocks.length,
      operations: [],
      target: NONE,
      next: blocks.length + 1,
      hint: '',
      generated: true,
    }
    blocks.push(block)
    return block
  }
  let current = open()
  for (const op of operations) {
    if (op.kind === 'label') {
      if (current.operations.length > 0) current = open()
      blockOf[op.label] = current.index
      const { hint, generated } = labels[op.label]!
      if (current.hint === '' || (current.generated && !generated)) {
        current.hint = hint
        current.generated = generated
      }
      continue
    }
    current.operations.push(op)
    if (op.kind === 'jump' || op.kind === 'exit') current.next = NONE
    if (op.kind === 'jump' || op.kind === 'exit' || op.kind === 'branch') current = open()
  }
  return { blocks, blockOf }
}

/** Where a jump to the block arrives once empty blocks and blocks of a single jump are passed. */
function destination(blocks: readonly Block[], start: number): number {
  let at = start
  for (let steps = 0; steps < blocks.length; steps++) {
    const block = blocks[at]!
    if (block.operations.length === 0 && block.next < blocks.length) at = block.next
    else if (block.operations.length === 1 && block.operations[0]!.kind === 'jump') at = block.target
    else break
  }
  return at
}

/** `if c goto next; goto far` becomes `if not c goto far`. */
function turnBranches(blocks: Block[]): void {
  for (const block of blocks) {
    const branch = block.operations.at(-1)
    if (branch?.kind !== 'branch') continue
    const skipped = blocks[block.next]
    if (skipped?.operations.length !== 1 || skipped.operations[0]!.kind !== 'jump') continue
    if (block.target !== destination(blocks, skipped.index + 1)) continue
    const inverse = INVERSE[branch.jump]
    if (inverse === undefined) continue
    branch.jump = inverse
    block.target = skipped.target
    block.next = skipped.index + 1
  }
}

function reachable(blocks: Block[]): Block[] {
  const seen = new Uint8Array(blocks.length)
  const pending = [0]
  while (pending.length > 0) {
    const block = blocks[pending.pop()!]!
    if (seen[block.index] === 1) continue
    seen[block.index] = 1
    if (block.next !== NONE) {
      if (block.next >= blocks.length) {
        throw new BuildError('Building failed: the program runs past its end; finish every path with exit')
      }
      pending.push(block.next)
    }
    if (block.target !== NONE) pending.push(block.target)
  }
  const kept = blocks.filter((block) => seen[block.index] === 1)
  const moved = new Int32Array(blocks.length).fill(NONE)
  for (const [index, block] of kept.entries()) moved[block.index] = index
  for (const [index, block] of kept.entries()) {
    block.index = index
    if (block.next !== NONE) block.next = moved[block.next]!
    if (block.target !== NONE) block.target = moved[block.target]!
    const last = block.operations.at(-1)
    if (last?.kind === 'branch' && block.target === block.next) {
      block.operations.pop()
      block.target = NONE
    }
  }
  return kept
}

export function forEachOperation(blocks: readonly Block[], visit: (op: Operation) => void): void {
  for (const block of blocks) for (const op of block.operations) visit(op)
}
