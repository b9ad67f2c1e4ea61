/** The passes from recorded operations to instructions, in order. */
import { SK_BUFF, XDP_MD } from '../kernel-abi.ts'
import type { Instruction, ProgramType } from '../spec.ts'
import { allocate } from './allocate.ts'
import { flowGraph } from './flow.ts'
import { legalise } from './legalise.ts'
import { lower } from './lower.ts'
import { narrowRegisters } from './narrow.ts'
import type { Operation } from './operation.ts'
import { prune } from './prune.ts'
import { simplify } from './simplify.ts'
import type { Label } from './value.ts'

const POINTER_FIELDS: Readonly<Record<ProgramType, ReadonlySet<number>>> = {
  xdp: new Set([XDP_MD.data, XDP_MD.data_end, XDP_MD.data_meta]),
  sched_cls: new Set([SK_BUFF.data, SK_BUFF.data_end, SK_BUFF.data_meta]),
  socket_filter: new Set(),
}

export interface Recording {
  readonly type: ProgramType
  readonly operations: readonly Operation[]
  readonly labels: readonly Label[]
  readonly registers: number
  readonly context: number
}

/** The recording stays as it is, so that building twice gives the same. */
export function compile(recording: Recording): Instruction[] {
  let registers = recording.registers
  const pointers = POINTER_FIELDS[recording.type]
  const copies = recording.operations.map((op) => ({ ...op }))
  const blocks = flowGraph(simplify(copies, registers), recording.labels)
  const uses = prune(blocks, registers)
  const narrow = narrowRegisters(
    blocks,
    registers,
    (op) => op.a === recording.context && pointers.has(op.offset),
  )
  legalise(
    blocks,
    uses,
    (register) => narrow[register] === 1,
    () => registers++,
  )
  const registerOf = allocate(blocks, registers, recording)
  return lower(blocks, registerOf)
}
