/** From virtual registers to machine registers: liveness, interference, colours; again with some on the stack until all fit. */
import { BuildError } from '../errors.ts'
import { colour } from './colour.ts'
import type { Block } from './flow.ts'
import { forEachOperation } from './flow.ts'
import { interference } from './interference.ts'
import { firstUse, liveness } from './liveness.ts'
import { NONE } from './operation.ts'
import { remakeable, spill } from './spill.ts'
import { StackSlot } from './value.ts'

/** Each round moves at least one value to the stack; a few suffice. */
const MAX_ROUNDS = 64

/**
 * Changes the blocks (spills). Returns the machine register of each virtual one.
 * @throws BuildError if some path reads a value that it has not computed.
 */
export function allocate(blocks: readonly Block[], registers: number, owner: object): Int8Array {
  let count = registers
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { out, undefinedAtEntry } = liveness(blocks, count)
    if (undefinedAtEntry.length > 0) refuseUndefined(blocks, undefinedAtEntry[0]!)
    const source = interference(blocks, out, count)
    for (let register = registers; register < count; register++)
      source.cost[register] = Number.POSITIVE_INFINITY
    const { registerOf, spilled } = colour(source, preferences(blocks, count, source.acrossCall))
    if (spilled.length === 0) return registerOf
    const alone = spilled.filter(({ members }) => members.length === 1)
    const remake = remakeable(blocks, new Set(alone.map(({ members }) => members[0]!)))
    const slots: StackSlot[] = []
    const slotOf = new Map<number, StackSlot>()
    for (const { members, place } of spilled) {
      if (remake.has(members[0]!)) continue
      slots[place] ??= new StackSlot(8, 8, owner)
      for (const register of members) slotOf.set(register, slots[place])
    }
    spill(blocks, { slotOf, remake }, () => count++)
  }
  throw new BuildError('Building failed: the registers do not suffice; report this as a bug of the toolkit')
}

/** Machine registers that calls, the entry and exits demand. */
function preferences(blocks: readonly Block[], registers: number, acrossCall: Uint8Array): Uint16Array {
  const wanted = new Uint16Array(registers)
  forEachOperation(blocks, (op) => {
    if (op.kind === 'context') wanted[op.def]! |= 1 << 1
    else if (op.kind === 'exit' && op.b !== NONE) wanted[op.b]! |= 1
    else if (op.kind === 'call') {
      if (op.def !== NONE) wanted[op.def]! |= 1
      for (const [index, arg] of op.args.entries()) {
        if (arg.kind === 'register' && acrossCall[arg.register] === 0) wanted[arg.register]! |= 2 << index
      }
    }
  })
  return wanted
}

function refuseUndefined(blocks: readonly Block[], register: number): never {
  const note = firstUse(blocks, register)?.note
  throw new BuildError(
    `Building failed: a value is read${note ? ` (${note.site})` : ''} on a path that has not computed it; compute it before the paths part`,
  )
}
