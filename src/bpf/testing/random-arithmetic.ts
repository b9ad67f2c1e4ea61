/**
 * Straight runs of arithmetic instructions on r0–r9, written without the builder, and what they mean on bigints. The
 * registers at the end go to the first 80 bytes of the packet.
 */
import fc from 'fast-check'
import { evaluateAlu, evaluateEndian } from '../arithmetic.ts'
import * as asm from '../instructions.ts'
import { ALU, CLASS } from '../kernel-abi.ts'
import { OPCODES } from '../opcodes.ts'
import type { Instruction, ProgramSpec } from '../spec.ts'

export interface ArithmeticProgram {
  readonly start: readonly bigint[]
  readonly instructions: readonly Instruction[]
}

const REGISTERS = 10
export const RESULT_SIZE = 8 * REGISTERS
const SAVED_CONTEXT = -RESULT_SIZE - 8

export function arithmeticSpec({ start, instructions }: ArithmeticProgram): ProgramSpec {
  return {
    name: 'arithmetic',
    type: 'xdp',
    license: 'GPL',
    instructions: [
      asm.stxdw(asm.R10, SAVED_CONTEXT, asm.R1),
      ...start.map((value, register) => asm.ldImm64(register, value)),
      ...instructions,
      ...start.map((_, register) => asm.stxdw(asm.R10, 8 * register - RESULT_SIZE, register)),
      asm.ldxdw(asm.R1, asm.R10, SAVED_CONTEXT),
      asm.mov64.imm(asm.R2, 0),
      asm.mov64.reg(asm.R3, asm.R10),
      asm.add64.imm(asm.R3, -RESULT_SIZE),
      asm.mov64.imm(asm.R4, RESULT_SIZE),
      asm.call('xdp_store_bytes'),
      asm.exit(),
    ],
  }
}

/** The registers at the end. */
export function arithmeticMeaning({ start, instructions }: ArithmeticProgram): bigint[] {
  const registers = [...start]
  for (const ins of instructions) registers[ins.dst] = result(ins, registers)
  return registers
}

function result(ins: Instruction, registers: readonly bigint[]): bigint {
  const op = OPCODES[ins.opcode]!
  const left = registers[ins.dst]!
  const imm = BigInt(ins.imm)
  switch (op.kind) {
    case 'neg':
      return BigInt.asUintN(op.bits, -left)
    case 'endian': {
      const bits = Number(imm) as 16 | 32 | 64
      return evaluateEndian(op.order === 'le' ? 'le' : 'be', bits, left)
    }
    case 'alu': {
      const right = op.register ? registers[ins.src]! : imm
      if (op.name === 'mov' && ins.offset !== 0)
        return BigInt.asUintN(op.bits, BigInt.asIntN(ins.offset, right))
      if ((op.name === 'div' || op.name === 'mod') && ins.offset === 1)
        return signedDivision(op.name, op.bits, left, right)
      return evaluateAlu(op.name, op.bits, left, right)
    }
    default:
      throw new Error(`evaluate ${op.kind} failed: it is no arithmetic`)
  }
}

function signedDivision(name: 'div' | 'mod', bits: 32 | 64, left: bigint, right: bigint): bigint {
  const a = BigInt.asIntN(bits, left)
  const b = BigInt.asIntN(bits, right)
  if (b === 0n) return name === 'div' ? 0n : BigInt.asUintN(bits, a)
  return BigInt.asUintN(bits, name === 'div' ? a / b : a % b)
}

const edges = [0n, 1n, -1n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 1n << 32n, 1n << 63n, (1n << 63n) - 1n]
const value = fc
  .oneof(fc.constantFrom(...edges), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }))
  .map((x) => BigInt.asUintN(64, x))
const register = fc.nat(REGISTERS - 1)
const immediate = fc.oneof(
  fc.constantFrom(0, 1, -1, 0x7fff_ffff, -0x8000_0000),
  fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
)

const names = Object.keys(ALU).filter((name) => name !== 'end' && name !== 'neg') as Array<
  Exclude<keyof typeof ALU, 'end' | 'neg'>
>

const binary = fc
  .record({
    name: fc.constantFrom(...names),
    wide: fc.boolean(),
    signed: fc.boolean(),
    d: register,
    s: register,
  })
  .chain(({ name, wide, signed, d, s }) => {
    const opcode = ALU[name] | (wide ? CLASS.alu64 : CLASS.alu)
    const divides = name === 'div' || name === 'mod'
    const offset = divides && signed ? 1 : 0
    const shifts = name === 'lsh' || name === 'rsh' || name === 'arsh'
    const imm = shifts ? fc.nat(wide ? 63 : 31) : divides ? immediate.map((x) => x || 7) : immediate
    return fc.oneof(
      fc.constant(asm.instruction(opcode | 8, d, s, offset)),
      imm.map((x) => asm.instruction(opcode, d, 0, offset, x)),
    )
  })

const unary = fc
  .record({
    make: fc.constantFrom(
      asm.neg64,
      asm.neg32,
      ...[asm.be16, asm.be32, asm.be64],
      ...[asm.le16, asm.le32, asm.le64],
      ...[asm.bswap16, asm.bswap32, asm.bswap64],
    ),
    d: register,
  })
  .map(({ make, d }) => make(d))

const extension = fc
  .record({
    bits: fc.constantFrom(8 as const, 16 as const, 32 as const),
    wide: fc.boolean(),
    d: register,
    s: register,
  })
  .map(({ bits, wide, d, s }) => (wide || bits === 32 ? asm.movsx64(d, s, bits) : asm.movsx32(d, s, bits)))

export const randomArithmetic: fc.Arbitrary<ArithmeticProgram> = fc.record({
  start: fc.array(value, { minLength: REGISTERS, maxLength: REGISTERS }),
  instructions: fc.array(fc.oneof({ weight: 6, arbitrary: binary }, unary, extension), { maxLength: 40 }),
})
