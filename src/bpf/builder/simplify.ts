/**
 * One pass in program order: operands known to be constant become immediates, operations on constants are done now,
 * branches that are decided become jumps or nothing (the verifier pays for each such branch), and memory accesses
 * through the address of a stack slot go through the frame pointer.
 */
import { evaluateAlu, evaluateEndian, evaluateJump } from '../arithmetic.ts'
import type { JumpName } from '../opcodes.ts'
import { exact, signed64 } from './constants.ts'
import { type Argument, NONE, type Operation } from './operation.ts'

const COMMUTATIVE: ReadonlySet<string> = new Set(['add', 'mul', 'or', 'and', 'xor'])

const MIRRORED: Readonly<Record<JumpName, JumpName>> = {
  jeq: 'jeq',
  jne: 'jne',
  jset: 'jset',
  jgt: 'jlt',
  jge: 'jle',
  jlt: 'jgt',
  jle: 'jge',
  jsgt: 'jslt',
  jsge: 'jsle',
  jslt: 'jsgt',
  jsle: 'jsge',
}

export function isCommutative(name: string): boolean {
  return COMMUTATIVE.has(name)
}

/** Changes the operations; returns those that remain. `registers`: how many there are. */
export function simplify(operations: readonly Operation[], registers: number): Operation[] {
  const definitions = new Int32Array(registers)
  for (const op of operations) if (op.def !== NONE) definitions[op.def]!++
  const constants: Array<number | bigint | undefined> = new Array(registers).fill(undefined)
  const addresses: Array<Operation | undefined> = new Array(registers).fill(undefined)
  const constantOf = (register: number) => (register === NONE ? undefined : constants[register])

  const kept: Operation[] = []
  for (const op of operations) {
    if (op.b !== NONE && op.kind !== 'atomic') {
      const known = constants[op.b]
      if (known !== undefined) {
        op.b = NONE
        op.imm = known
      }
    }
    switch (op.kind) {
      case 'move':
      case 'neg':
      case 'endian':
      case 'zext':
        foldUnary(op, constantOf(op.a))
        break
      case 'alu':
        foldAlu(op, constantOf(op.a))
        break
      case 'load':
      case 'store':
      case 'atomic': {
        const base = op.a === NONE ? undefined : addresses[op.a]
        if (base !== undefined) {
          op.a = NONE
          op.slot = base.slot
          op.offset += base.offset
        }
        break
      }
      case 'branch': {
        const verdict = foldBranch(op, constantOf(op.a))
        if (verdict === false) continue
        break
      }
      case 'call':
        op.args = op.args.map((arg) => foldArgument(arg, constants, addresses))
        break
    }
    if (op.def !== NONE && definitions[op.def] === 1) {
      if (op.kind === 'const') constants[op.def] = op.imm
      else if (op.kind === 'address') addresses[op.def] = op
    }
    kept.push(op)
  }
  return kept
}

function becomeConst(op: Operation, value: number | bigint): void {
  op.kind = 'const'
  op.a = NONE
  op.b = NONE
  op.imm = signed64(exact(value))
}

function foldUnary(op: Operation, known: number | bigint | undefined): void {
  if (known === undefined) return
  const value = BigInt(known)
  if (op.kind === 'move') becomeConst(op, known)
  else if (op.kind === 'zext') becomeConst(op, BigInt.asUintN(32, value))
  else if (op.kind === 'neg') becomeConst(op, BigInt.asUintN(op.size, -value))
  else becomeConst(op, evaluateEndian(op.order, op.size as 16 | 32 | 64, value))
}

function foldAlu(op: Operation, known: number | bigint | undefined): void {
  const bits = op.size as 32 | 64
  if (known !== undefined && op.b === NONE) {
    becomeConst(op, evaluateAlu(op.alu, bits, BigInt(known), BigInt(op.imm)))
    return
  }
  if (known !== undefined && isCommutative(op.alu) && op.def !== op.a) {
    op.a = op.b
    op.b = NONE
    op.imm = known
  }
  if (op.b !== NONE) return
  const divides = op.alu === 'div' || op.alu === 'mod'
  if (divides && BigInt.asUintN(bits, BigInt(op.imm)) === 0n) {
    if (op.alu === 'div') becomeConst(op, 0)
    else op.kind = bits === 64 ? 'move' : 'zext'
    return
  }
  if (op.alu === 'lsh' || op.alu === 'rsh' || op.alu === 'arsh') {
    op.imm = Number(BigInt.asUintN(64, BigInt(op.imm)) & BigInt(bits - 1))
  }
  if (bits === 64 && isIdentity(op)) op.kind = 'move'
}

function isIdentity(op: Operation): boolean {
  switch (op.alu) {
    case 'add':
    case 'sub':
    case 'or':
    case 'xor':
    case 'lsh':
    case 'rsh':
    case 'arsh':
      return op.imm === 0
    case 'mul':
    case 'div':
      return op.imm === 1
    default:
      return false
  }
}

/** False: never taken. A branch always taken becomes a jump. */
function foldBranch(op: Operation, known: number | bigint | undefined): boolean | undefined {
  if (known === undefined) return undefined
  if (op.b === NONE) {
    if (!evaluateJump(op.jump, op.size as 32 | 64, BigInt(known), BigInt(op.imm))) return false
    op.kind = 'jump'
    op.a = NONE
    return true
  }
  op.jump = MIRRORED[op.jump]
  op.a = op.b
  op.b = NONE
  op.imm = known
  return undefined
}

function foldArgument(
  arg: Argument,
  constants: ReadonlyArray<number | bigint | undefined>,
  addresses: ReadonlyArray<Operation | undefined>,
): Argument {
  if (arg.kind !== 'register') return arg
  const known = constants[arg.register]
  if (known !== undefined) return { kind: 'const', imm: known }
  const address = addresses[arg.register]
  if (address !== undefined) return { kind: 'slot', slot: address.slot!, offset: address.offset }
  return arg
}
