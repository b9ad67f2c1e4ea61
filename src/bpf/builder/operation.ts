/**
 * The builder's intermediate form: operations on virtual registers, in the order of the builder calls. One flat shape
 * for all kinds keeps passes over tens of thousands of operations fast.
 */
import type { AtomicName } from '../instructions.ts'
import type { AluName, JumpName } from '../opcodes.ts'
import type { InstructionNote } from '../spec.ts'
import type { StackSlot } from './value.ts'

export type OperationKind =
  /** def = the context pointer, at entry only */
  | 'context'
  /** def = imm */
  | 'const'
  /** def = a */
  | 'move'
  /** def = low 32 bits of a */
  | 'zext'
  /** def = a alu (b or imm); from `legalise` on def is a */
  | 'alu'
  | 'neg'
  /** def = byte order of the low `size` bits of a */
  | 'endian'
  /** def = size bytes at (a or slot) + offset */
  | 'load'
  /** size bytes at (a or slot) + offset = b or imm */
  | 'store'
  /** size bytes at (a or slot) + offset changed by b; def (if any) = what was there, and is b from `legalise` on */
  | 'atomic'
  /** def = address of slot + offset */
  | 'address'
  /** def = address of the map, or of its value + offset */
  | 'map'
  /** def = the 64-bit value that the parameter has when the program is instantiated */
  | 'parameter'
  /** def (if any) = helper(args) */
  | 'call'
  | 'jump'
  /** to label if a jump (b or imm) */
  | 'branch'
  /** returns b or imm */
  | 'exit'
  | 'label'

/** No register. */
export const NONE = -1

export type Argument =
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'const'; readonly imm: number | bigint }
  | { readonly kind: 'slot'; readonly slot: StackSlot; readonly offset: number }
  | { readonly kind: 'map'; readonly map: string }

export interface Operation {
  kind: OperationKind
  def: number
  a: number
  b: number
  /** Second operand where b is NONE. A number wherever it is exact. */
  imm: number | bigint
  offset: number
  /** Bits of `alu`, `neg`, `endian` and `branch`; bytes of memory accesses. */
  size: number
  /** `map`: address of the value instead of the map. */
  value: boolean
  alu: AluName
  jump: JumpName
  atomic: AtomicName
  order: 'be' | 'le'
  helper: number
  map: string
  parameter: string
  slot: StackSlot | undefined
  /** Id of the label that stands here or is jumped to. */
  label: number
  args: Argument[]
  note: InstructionNote | undefined
}

const NO_ARGUMENTS: Argument[] = []

export function operation(kind: OperationKind, note: InstructionNote | undefined): Operation {
  return {
    kind,
    def: NONE,
    a: NONE,
    b: NONE,
    imm: 0,
    offset: 0,
    size: 0,
    value: false,
    alu: 'mov',
    jump: 'jeq',
    atomic: 'add',
    order: 'be',
    helper: 0,
    map: '',
    parameter: '',
    slot: undefined,
    label: NONE,
    args: NO_ARGUMENTS,
    note,
  }
}

/** Without effect but on its `def`. */
export function isPure(op: Operation): boolean {
  switch (op.kind) {
    case 'context':
    case 'const':
    case 'move':
    case 'zext':
    case 'alu':
    case 'neg':
    case 'endian':
    case 'load':
    case 'address':
    case 'map':
    case 'parameter':
      return true
    default:
      return false
  }
}

/** Calls `visit` with each register that the operation reads. */
export function forEachUse(op: Operation, visit: (register: number) => void): void {
  if (op.a !== NONE) visit(op.a)
  if (op.b !== NONE) visit(op.b)
  for (const arg of op.args) if (arg.kind === 'register') visit(arg.register)
}

/** Replaces registers that the operation reads. */
export function mapUses(op: Operation, change: (register: number) => number): Operation {
  const changed = { ...op }
  if (op.a !== NONE) changed.a = change(op.a)
  if (op.b !== NONE) changed.b = op.b === op.a ? changed.a : change(op.b)
  if (op.args.length > 0) {
    changed.args = op.args.map((arg) =>
      arg.kind === 'register' ? { kind: 'register', register: change(arg.register) } : arg,
    )
  }
  return changed
}
