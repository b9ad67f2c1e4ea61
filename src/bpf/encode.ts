/**
 * One instruction to and from its 8 or 16 bytes (RFC 9669 section 3), little-endian. Encoding checks every field against
 * its width and against what the kernel reserves: nothing is wrapped or cut.
 */
import { ATOMIC, PSEUDO } from './kernel-abi.ts'
import { LD_IMM64, OPCODES } from './opcodes.ts'
import type { Instruction } from './spec.ts'

const MIN_32 = -0x8000_0000
const MAX_32 = 0x7fff_ffff
const ATOMIC_CODES: ReadonlySet<number> = new Set([
  ATOMIC.add,
  ATOMIC.or,
  ATOMIC.and,
  ATOMIC.xor,
  ATOMIC.add | ATOMIC.fetch,
  ATOMIC.or | ATOMIC.fetch,
  ATOMIC.and | ATOMIC.fetch,
  ATOMIC.xor | ATOMIC.fetch,
  ATOMIC.xchg,
  ATOMIC.cmpxchg,
])

/** Why the instruction cannot be encoded or is refused by every kernel; `undefined` if nothing is wrong with it. */
export function instructionFault(ins: Instruction): string | undefined {
  const op = OPCODES[ins.opcode]
  if (op === undefined) return `opcode 0x${ins.opcode.toString(16)} does not exist`
  if (!isRegister(ins.dst)) return `destination register r${ins.dst} does not exist`
  if (!isRegister(ins.src)) return `source register r${ins.src} does not exist`
  if (!Number.isInteger(ins.offset) || ins.offset < -0x8000 || ins.offset > 0x7fff)
    return `offset ${ins.offset} does not fit 16 bits`
  if (op.kind === 'ld_imm64') return wideFault(ins)
  const unsignedToo =
    (op.kind === 'alu' && op.bits === 32) ||
    (op.kind === 'branch' && op.bits === 32) ||
    (op.kind === 'store' && op.size < 8)
  if (!fits(ins.imm, unsignedToo ? 0xffff_ffff : MAX_32)) {
    return `immediate ${ins.imm} does not fit ${unsignedToo ? '32 bits' : 'signed 32 bits (the kernel would sign-extend it)'}`
  }
  const writes = op.kind === 'alu' || op.kind === 'neg' || op.kind === 'endian' || op.kind === 'load'
  if (writes && ins.dst === 10) return 'r10, the frame pointer, is read-only'
  const imm = Number(ins.imm)
  switch (op.kind) {
    case 'alu': {
      if (op.register && imm !== 0) return 'an operation on two registers takes no immediate'
      const offsets: readonly number[] =
        op.name === 'mov' && op.register
          ? op.bits === 64
            ? [0, 8, 16, 32]
            : [0, 8, 16]
          : op.name === 'div' || op.name === 'mod'
            ? [0, 1]
            : [0]
      if (!offsets.includes(ins.offset)) return `offset ${ins.offset} means nothing here`
      if (op.register) return undefined
      if ((op.name === 'div' || op.name === 'mod') && imm === 0) return 'division by the constant 0'
      if ((op.name === 'lsh' || op.name === 'rsh' || op.name === 'arsh') && (imm < 0 || imm >= op.bits))
        return `shift by ${imm} is outside 0–${op.bits - 1}`
      return undefined
    }
    case 'neg':
      return imm === 0 && ins.offset === 0 ? undefined : 'reserved fields must be 0'
    case 'endian':
      return imm === 16 || imm === 32 || imm === 64
        ? undefined
        : `byte order of ${imm} bits; want 16, 32 or 64`
    case 'atomic':
      return ATOMIC_CODES.has(imm) ? undefined : `atomic operation 0x${imm.toString(16)} does not exist`
    default:
      return undefined
  }
}

function wideFault(ins: Instruction): string | undefined {
  if (ins.parameter !== undefined)
    return `parameter '${ins.parameter}' has no value; instantiate the program first`
  if (ins.offset !== 0) return 'reserved fields must be 0'
  if (ins.dst === 10) return 'r10, the frame pointer, is read-only'
  if (typeof ins.imm === 'number' && !Number.isSafeInteger(ins.imm))
    return `immediate ${ins.imm} is not an exact integer; use a bigint`
  const value = BigInt(ins.imm)
  if (value < -(1n << 63n) || value >= 1n << 64n) return `immediate ${ins.imm} does not fit 64 bits`
  if (ins.src === PSEUDO.value) return ins.map === undefined ? undefined : 'a plain constant names a map'
  if (ins.src !== PSEUDO.mapFd && ins.src !== PSEUDO.mapValue) return `source ${ins.src} means nothing here`
  return ins.map === undefined ? 'the address of a map needs its name' : undefined
}

function isRegister(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 10
}

function fits(value: number | bigint, max: number): boolean {
  if (typeof value === 'bigint') return value >= BigInt(MIN_32) && value <= BigInt(max)
  return Number.isInteger(value) && value >= MIN_32 && value <= max
}

/** Writes the fields as they are; ask `instructionFault` first. `imm` and `offset` replace those of the instruction. */
export function encodeInto(
  view: DataView,
  byteOffset: number,
  ins: Instruction,
  offset: number = ins.offset,
  imm: number | bigint = ins.imm,
): void {
  view.setUint8(byteOffset, ins.opcode)
  view.setUint8(byteOffset + 1, (ins.src << 4) | ins.dst)
  view.setInt16(byteOffset + 2, offset, true)
  if (ins.opcode !== LD_IMM64) {
    view.setInt32(byteOffset + 4, Number(imm), true)
    return
  }
  const value = BigInt.asUintN(64, BigInt(imm))
  view.setUint32(byteOffset + 4, Number(value & 0xffff_ffffn), true)
  view.setBigUint64(byteOffset + 8, 0n, true)
  view.setUint32(byteOffset + 12, Number(value >> 32n), true)
}
