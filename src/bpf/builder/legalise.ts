/**
 * From three-address operations to what the machine has: the result replaces the first operand, and constants fit their
 * 32-bit field. A constant of 32 bits with the top bit set would be sign-extended by a 64-bit instruction: the 32-bit
 * instruction is used where the upper half is known to be zero, else the constant goes into a register.
 */
import type { JumpName } from '../opcodes.ts'
import { fitsSigned32, fitsUnsigned32 } from './constants.ts'
import type { Block } from './flow.ts'
import { NONE, type Operation, operation } from './operation.ts'
import { isCommutative } from './simplify.ts'

/** Changes the blocks. `isNarrow`: the upper half of the register is zero. */
export function legalise(
  blocks: readonly Block[],
  uses: Int32Array,
  isNarrow: (register: number) => boolean,
  newRegister: () => number,
): void {
  for (const block of blocks) {
    const legal: Operation[] = []
    for (const op of block.operations) legaliseOne(op, legal)
    block.operations = legal
  }

  function legaliseOne(op: Operation, out: Operation[]): void {
    switch (op.kind) {
      case 'alu':
        legaliseAlu(op, out)
        break
      case 'neg':
      case 'endian':
        out.push(...intoPlace(op))
        break
      case 'branch':
        if (op.b === NONE) narrowBranch(op)
        if (op.b === NONE && !fitsImmediate(op)) materialise(op, out)
        break
      case 'store':
        if (op.b === NONE && !storeFits(op)) materialise(op, out)
        break
      case 'atomic':
        if (op.def !== NONE) {
          out.push(move(op, op.def, op.b))
          op.b = op.def
        }
        break
    }
    out.push(op)
  }

  function legaliseAlu(op: Operation, out: Operation[]): void {
    if (op.b !== NONE && op.def !== op.a && isCommutative(op.alu) && uses[op.b] === 1 && uses[op.a]! > 1) {
      const first = op.a
      op.a = op.b
      op.b = first
    }
    if (op.b === NONE && op.size === 64 && !fitsSigned32(op.imm) && fitsUnsigned32(op.imm)) {
      const narrows =
        op.alu === 'and' || ((op.alu === 'or' || op.alu === 'xor') && op.a !== NONE && isNarrow(op.a))
      if (narrows) op.size = 32
    }
    if (op.b === NONE && op.alu === 'and' && op.size === 32 && op.imm === 0xffff_ffff) {
      op.kind = 'zext'
      return
    }
    if (op.b === NONE && !fitsImmediate(op)) materialise(op, out)
    if (op.def === op.b && op.def !== op.a) {
      const kept = newRegister()
      out.push(move(op, kept, op.b))
      op.b = kept
    }
    out.push(...intoPlace(op))
  }

  /** Copies the first operand to the result, which the operation then changes. */
  function intoPlace(op: Operation): Operation[] {
    if (op.def === op.a) return []
    const copy = move(op, op.def, op.a)
    op.a = op.def
    return [copy]
  }

  function materialise(op: Operation, out: Operation[]): void {
    const constant = operation('const', op.note)
    constant.def = newRegister()
    constant.imm = op.imm
    out.push(constant)
    op.b = constant.def
    op.imm = 0
  }

  /** 64-bit comparison with a constant above 0x7fffffff: the same in 32 bits if the upper halves are zero. */
  function narrowBranch(op: Operation): void {
    if (op.size !== 64 || fitsSigned32(op.imm) || !fitsUnsigned32(op.imm)) return
    if (op.jump === 'jset') op.size = 32
    else if (isNarrow(op.a)) {
      op.size = 32
      op.jump = UNSIGNED[op.jump] ?? op.jump
    }
  }
}

const UNSIGNED: Readonly<Partial<Record<JumpName, JumpName>>> = {
  jsgt: 'jgt',
  jsge: 'jge',
  jslt: 'jlt',
  jsle: 'jle',
}

function move(like: Operation, to: number, from: number): Operation {
  const copy = operation('move', like.note)
  copy.def = to
  copy.a = from
  return copy
}

/** Also brings the constant of a 32-bit operation into signed form, which has the same low 32 bits. */
function fitsImmediate(op: Operation): boolean {
  if (op.size === 64) return fitsSigned32(op.imm)
  op.imm = low32(op.imm)
  return true
}

/** A store takes the low bytes of its operand. */
function storeFits(op: Operation): boolean {
  if (op.size === 8) return fitsSigned32(op.imm)
  op.imm = low32(op.imm)
  if (op.size === 1) op.imm &= 0xff
  else if (op.size === 2) op.imm &= 0xffff
  return true
}

function low32(value: number | bigint): number {
  return typeof value === 'number' ? value | 0 : Number(BigInt.asIntN(32, value))
}
