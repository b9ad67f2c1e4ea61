/**
 * Constructors of instructions that read like assembly: `mov64.imm(R1, 22)`, `jlt.reg(R1, R2, 'label')`,
 * `ldxw(R2, R1, 4)`. They do not check ranges; the assembler does, once, for every instruction.
 */
import { HELPERS, type HelperName } from './helpers.ts'
import { ALU, ATOMIC, CLASS, JMP, MODE, PSEUDO, SIZE, SOURCE } from './kernel-abi.ts'
import type { Instruction, InstructionNote } from './spec.ts'

/** Register numbers. R0: result; R1–R5: arguments, lost by calls; R6–R9: kept by calls; R10: end of the stack. */
export type Register = number
export const R0 = 0
export const R1 = 1
export const R2 = 2
export const R3 = 3
export const R4 = 4
export const R5 = 5
export const R6 = 6
export const R7 = 7
export const R8 = 8
export const R9 = 9
export const R10 = 10

type Size = 1 | 2 | 4 | 8
export const SIZE_BITS: Readonly<Record<Size, number>> = { 1: SIZE.b, 2: SIZE.h, 4: SIZE.w, 8: SIZE.dw }

/** Any instruction by its fields. */
export function instruction(
  opcode: number,
  dst: Register = 0,
  src: Register = 0,
  offset = 0,
  imm: number | bigint = 0,
): Instruction {
  return { opcode, dst, src, offset, imm }
}

export interface AluOperation {
  /** dst = dst op imm; the immediate is sign-extended to 64 bits for 64-bit operations. */
  imm(dst: Register, imm: number): Instruction
  /** dst = dst op src */
  reg(dst: Register, src: Register): Instruction
}

function alu(operation: number, width: 32 | 64, offset = 0): AluOperation {
  const opcode = operation | (width === 64 ? CLASS.alu64 : CLASS.alu)
  return {
    imm: (dst, imm) => instruction(opcode | SOURCE.k, dst, 0, offset, imm),
    reg: (dst, src) => instruction(opcode | SOURCE.x, dst, src, offset),
  }
}

export const add64 = alu(ALU.add, 64)
export const sub64 = alu(ALU.sub, 64)
export const mul64 = alu(ALU.mul, 64)
export const div64 = alu(ALU.div, 64)
export const or64 = alu(ALU.or, 64)
export const and64 = alu(ALU.and, 64)
export const lsh64 = alu(ALU.lsh, 64)
export const rsh64 = alu(ALU.rsh, 64)
export const mod64 = alu(ALU.mod, 64)
export const xor64 = alu(ALU.xor, 64)
export const mov64 = alu(ALU.mov, 64)
export const arsh64 = alu(ALU.arsh, 64)
/** Signed division and remainder: Linux 6.6 or later. */
export const sdiv64 = alu(ALU.div, 64, 1)
export const smod64 = alu(ALU.mod, 64, 1)

/** 32-bit operations clear the upper half of dst. */
export const add32 = alu(ALU.add, 32)
export const sub32 = alu(ALU.sub, 32)
export const mul32 = alu(ALU.mul, 32)
export const div32 = alu(ALU.div, 32)
export const or32 = alu(ALU.or, 32)
export const and32 = alu(ALU.and, 32)
export const lsh32 = alu(ALU.lsh, 32)
export const rsh32 = alu(ALU.rsh, 32)
export const mod32 = alu(ALU.mod, 32)
export const xor32 = alu(ALU.xor, 32)
export const mov32 = alu(ALU.mov, 32)
export const arsh32 = alu(ALU.arsh, 32)
export const sdiv32 = alu(ALU.div, 32, 1)
export const smod32 = alu(ALU.mod, 32, 1)

export const neg64 = (dst: Register): Instruction => instruction(CLASS.alu64 | ALU.neg, dst)
export const neg32 = (dst: Register): Instruction => instruction(CLASS.alu | ALU.neg, dst)

/** Sign-extending moves of the low 8, 16 or 32 bits: Linux 6.6 or later. */
export const movsx64 = (dst: Register, src: Register, bits: 8 | 16 | 32): Instruction =>
  instruction(CLASS.alu64 | ALU.mov | SOURCE.x, dst, src, bits)
export const movsx32 = (dst: Register, src: Register, bits: 8 | 16): Instruction =>
  instruction(CLASS.alu | ALU.mov | SOURCE.x, dst, src, bits)

/** Host order to big-endian order (or back) of the low bits; the rest of dst is cleared. */
const bigEndian = (bits: number) => (dst: Register) =>
  instruction(CLASS.alu | ALU.end | SOURCE.x, dst, 0, 0, bits)
const littleEndian = (bits: number) => (dst: Register) =>
  instruction(CLASS.alu | ALU.end | SOURCE.k, dst, 0, 0, bits)
/** Swaps always, whatever the host's order: Linux 6.6 or later. */
const byteSwap = (bits: number) => (dst: Register) => instruction(CLASS.alu64 | ALU.end, dst, 0, 0, bits)
export const be16 = bigEndian(16)
export const be32 = bigEndian(32)
export const be64 = bigEndian(64)
export const le16 = littleEndian(16)
export const le32 = littleEndian(32)
export const le64 = littleEndian(64)
export const bswap16 = byteSwap(16)
export const bswap32 = byteSwap(32)
export const bswap64 = byteSwap(64)

/** dst = size bytes at src + offset, zero-extended. */
export const load = (size: Size, dst: Register, src: Register, offset = 0): Instruction =>
  instruction(CLASS.ldx | MODE.mem | SIZE_BITS[size], dst, src, offset)
export const ldxb = (dst: Register, src: Register, offset = 0): Instruction => load(1, dst, src, offset)
export const ldxh = (dst: Register, src: Register, offset = 0): Instruction => load(2, dst, src, offset)
export const ldxw = (dst: Register, src: Register, offset = 0): Instruction => load(4, dst, src, offset)
export const ldxdw = (dst: Register, src: Register, offset = 0): Instruction => load(8, dst, src, offset)
/** Sign-extended: Linux 6.6 or later. */
export const loadSigned = (size: 1 | 2 | 4, dst: Register, src: Register, offset = 0): Instruction =>
  instruction(CLASS.ldx | MODE.memsx | SIZE_BITS[size], dst, src, offset)

/** size bytes at dst + offset = src */
export const store = (size: Size, dst: Register, offset: number, src: Register): Instruction =>
  instruction(CLASS.stx | MODE.mem | SIZE_BITS[size], dst, src, offset)
export const stxb = (dst: Register, offset: number, src: Register): Instruction => store(1, dst, offset, src)
export const stxh = (dst: Register, offset: number, src: Register): Instruction => store(2, dst, offset, src)
export const stxw = (dst: Register, offset: number, src: Register): Instruction => store(4, dst, offset, src)
export const stxdw = (dst: Register, offset: number, src: Register): Instruction => store(8, dst, offset, src)

/** size bytes at dst + offset = imm, sign-extended for 8 bytes */
export const storeImm = (size: Size, dst: Register, offset: number, imm: number): Instruction =>
  instruction(CLASS.st | MODE.mem | SIZE_BITS[size], dst, 0, offset, imm)
export const stb = (dst: Register, offset: number, imm: number): Instruction => storeImm(1, dst, offset, imm)
export const sth = (dst: Register, offset: number, imm: number): Instruction => storeImm(2, dst, offset, imm)
export const stw = (dst: Register, offset: number, imm: number): Instruction => storeImm(4, dst, offset, imm)
export const stdw = (dst: Register, offset: number, imm: number): Instruction => storeImm(8, dst, offset, imm)

export type AtomicName = keyof typeof ATOMICS
const ATOMICS = {
  add: ATOMIC.add,
  or: ATOMIC.or,
  and: ATOMIC.and,
  xor: ATOMIC.xor,
  fetchAdd: ATOMIC.add | ATOMIC.fetch,
  fetchOr: ATOMIC.or | ATOMIC.fetch,
  fetchAnd: ATOMIC.and | ATOMIC.fetch,
  fetchXor: ATOMIC.xor | ATOMIC.fetch,
  /** Old value in src. */
  xchg: ATOMIC.xchg,
  /** If memory equals R0, memory = src; R0 = the old value either way. */
  cmpxchg: ATOMIC.cmpxchg,
} as const

/** Atomic change of 4 or 8 aligned bytes at dst + offset by src; `fetch…` leave the old value in src. */
export const atomic = (
  name: AtomicName,
  size: 4 | 8,
  dst: Register,
  offset: number,
  src: Register,
): Instruction => instruction(CLASS.stx | MODE.atomic | SIZE_BITS[size], dst, src, offset, ATOMICS[name])
export const atomicAdd = (size: 4 | 8, dst: Register, offset: number, src: Register): Instruction =>
  atomic('add', size, dst, offset, src)

/** dst = 64-bit value; takes two slots. Negative values mean their two's complement. */
export const ldImm64 = (dst: Register, value: number | bigint): Instruction =>
  instruction(CLASS.ld | MODE.imm | SIZE.dw, dst, PSEUDO.value, 0, BigInt.asUintN(64, BigInt(value)))
/** dst = address of the map, for helpers; takes two slots. */
export const ldMap = (dst: Register, map: string): Instruction => ({
  ...instruction(CLASS.ld | MODE.imm | SIZE.dw, dst, PSEUDO.mapFd, 0, 0n),
  map,
})
/** dst = the value that a parameter has when the program is instantiated; takes two slots. See `instantiate`. */
export const ldParameter = (dst: Register, parameter: string): Instruction => ({
  ...instruction(CLASS.ld | MODE.imm | SIZE.dw, dst, PSEUDO.value, 0, 0n),
  parameter,
})
/** dst = address of byte `offset` in the value of an array of one entry; takes two slots. */
export const ldMapValue = (dst: Register, map: string, offset = 0): Instruction => ({
  ...instruction(CLASS.ld | MODE.imm | SIZE.dw, dst, PSEUDO.mapValue, 0, BigInt(offset) << 32n),
  map,
})

export interface JumpOperation {
  /** Jump if dst op imm; the immediate is sign-extended to 64 bits for 64-bit comparisons. */
  imm(dst: Register, imm: number, target: string): Instruction
  reg(dst: Register, src: Register, target: string): Instruction
}

function jump(operation: number, width: 32 | 64): JumpOperation {
  const opcode = operation | (width === 64 ? CLASS.jmp : CLASS.jmp32)
  return {
    imm: (dst, imm, target) => ({ opcode: opcode | SOURCE.k, dst, src: 0, offset: 0, imm, target }),
    reg: (dst, src, target) => ({ opcode: opcode | SOURCE.x, dst, src, offset: 0, imm: 0, target }),
  }
}

export const jeq = jump(JMP.jeq, 64)
export const jne = jump(JMP.jne, 64)
export const jgt = jump(JMP.jgt, 64)
export const jge = jump(JMP.jge, 64)
export const jlt = jump(JMP.jlt, 64)
export const jle = jump(JMP.jle, 64)
export const jset = jump(JMP.jset, 64)
export const jsgt = jump(JMP.jsgt, 64)
export const jsge = jump(JMP.jsge, 64)
export const jslt = jump(JMP.jslt, 64)
export const jsle = jump(JMP.jsle, 64)

/** 32-bit comparisons look at the lower halves only. */
export const jeq32 = jump(JMP.jeq, 32)
export const jne32 = jump(JMP.jne, 32)
export const jgt32 = jump(JMP.jgt, 32)
export const jge32 = jump(JMP.jge, 32)
export const jlt32 = jump(JMP.jlt, 32)
export const jle32 = jump(JMP.jle, 32)
export const jset32 = jump(JMP.jset, 32)
export const jsgt32 = jump(JMP.jsgt, 32)
export const jsge32 = jump(JMP.jsge, 32)
export const jslt32 = jump(JMP.jslt, 32)
export const jsle32 = jump(JMP.jsle, 32)

/** Reaches ±32,767 instructions; the assembler turns it into `gotol` where that is not enough. */
export const ja = (target: string): Instruction => ({
  opcode: CLASS.jmp | JMP.ja,
  dst: 0,
  src: 0,
  offset: 0,
  imm: 0,
  target,
})
/** 32-bit offset: Linux 6.6 or later. */
export const gotol = (target: string): Instruction => ({
  opcode: CLASS.jmp32 | JMP.ja,
  dst: 0,
  src: 0,
  offset: 0,
  imm: 0,
  target,
})

/** R0 = helper(R1, …, R5); R1–R5 are lost. */
export const call = (helper: HelperName | number): Instruction =>
  instruction(CLASS.jmp | JMP.call, 0, 0, 0, typeof helper === 'number' ? helper : HELPERS[helper].id)
/** Goes to program R3 of the map R2 with context R1; continues after it if there is none. */
export const tailCall = (): Instruction => call('tail_call')
export const exit = (): Instruction => instruction(CLASS.jmp | JMP.exit)

/** The same instruction with a label standing at it. */
export const labelled = (label: string, inner: Instruction): Instruction => ({ ...inner, label })
/** The same instruction with a note for people. */
export const noted = (note: InstructionNote, inner: Instruction): Instruction => ({ ...inner, note })
