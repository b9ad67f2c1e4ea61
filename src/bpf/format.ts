/** One instruction as text, in the way of the kernel's verifier log and llvm-objdump: `r1 += 14`, `if r1 > r2 goto drop`. */
import { helperName } from './helpers.ts'
import { ATOMIC, PSEUDO } from './kernel-abi.ts'
import { type AluName, type JumpName, OPCODES } from './opcodes.ts'
import type { Instruction } from './spec.ts'

const ASSIGN: Readonly<Record<AluName, string>> = {
  add: '+=',
  sub: '-=',
  mul: '*=',
  div: '/=',
  or: '|=',
  and: '&=',
  lsh: '<<=',
  rsh: '>>=',
  mod: '%=',
  xor: '^=',
  mov: '=',
  arsh: 's>>=',
}

const COMPARE: Readonly<Record<JumpName, string>> = {
  jeq: '==',
  jne: '!=',
  jgt: '>',
  jge: '>=',
  jlt: '<',
  jle: '<=',
  jset: '&',
  jsgt: 's>',
  jsge: 's>=',
  jslt: 's<',
  jsle: 's<=',
}

const FETCH: Readonly<Record<number, string>> = {
  [ATOMIC.add]: 'add',
  [ATOMIC.or]: 'or',
  [ATOMIC.and]: 'and',
  [ATOMIC.xor]: 'xor',
}

/** Jumps show their label where there is one, else the relative offset. An unknown opcode shows its fields. */
export function formatInstruction(ins: Instruction): string {
  const op = OPCODES[ins.opcode]
  const goal = ins.target ?? signed(ins.offset)
  switch (op?.kind) {
    case 'alu': {
      const to = register(ins.dst, op.bits)
      const from = op.register ? register(ins.src, op.bits) : String(ins.imm)
      if (op.name === 'mov' && ins.offset !== 0)
        return `${to} = (s${ins.offset})${register(ins.src, op.bits)}`
      const sign = ins.offset === 1 && (op.name === 'div' || op.name === 'mod') ? 's' : ''
      return `${to} ${sign}${ASSIGN[op.name]} ${from}`
    }
    case 'neg':
      return `${register(ins.dst, op.bits)} = -${register(ins.dst, op.bits)}`
    case 'endian': {
      const name = op.order === 'swap' ? 'bswap' : op.order
      return `r${ins.dst} = ${name}${ins.imm} r${ins.dst}`
    }
    case 'branch': {
      const right = op.register ? register(ins.src, op.bits) : String(ins.imm)
      return `if ${register(ins.dst, op.bits)} ${COMPARE[op.name]} ${right} goto ${goal}`
    }
    case 'ja':
      return `goto ${goal}`
    case 'gotol':
      return `gotol ${ins.target ?? signed(Number(ins.imm))}`
    case 'call':
      return `call ${helperName(Number(ins.imm)) ?? ins.imm}`
    case 'exit':
      return 'exit'
    case 'load':
      return `r${ins.dst} = *(${op.signed ? 's' : 'u'}${op.size * 8} *)${address(ins.src, ins.offset)}`
    case 'store':
      return `*(u${op.size * 8} *)${address(ins.dst, ins.offset)} = ${op.register ? `r${ins.src}` : ins.imm}`
    case 'atomic':
      return formatAtomic(ins, op.size)
    case 'ld_imm64':
      if (ins.parameter !== undefined) return `r${ins.dst} = parameter[${ins.parameter}] ll`
      if (ins.src === PSEUDO.mapFd) return `r${ins.dst} = map[${ins.map ?? '?'}] ll`
      if (ins.src === PSEUDO.mapValue)
        return `r${ins.dst} = map[${ins.map ?? '?'}].value + ${BigInt(ins.imm) >> 32n} ll`
      return `r${ins.dst} = 0x${BigInt.asUintN(64, BigInt(ins.imm)).toString(16)} ll`
    default:
      return `unknown opcode 0x${ins.opcode.toString(16)} dst=${ins.dst} src=${ins.src} off=${ins.offset} imm=${ins.imm}`
  }
}

function formatAtomic(ins: Instruction, size: 4 | 8): string {
  const where = `(u${size * 8} *)${address(ins.dst, ins.offset)}`
  const code = Number(ins.imm)
  const from = size === 4 ? `w${ins.src}` : `r${ins.src}`
  if (code === ATOMIC.xchg) return `${from} = xchg(${where}, ${from})`
  if (code === ATOMIC.cmpxchg) {
    const old = size === 4 ? 'w0' : 'r0'
    return `${old} = cmpxchg(${where}, ${old}, ${from})`
  }
  const name = FETCH[code & ~ATOMIC.fetch]
  if (name === undefined) return `unknown atomic 0x${code.toString(16)} ${where}`
  if (code & ATOMIC.fetch) return `${from} = atomic_fetch_${name}(${where}, ${from})`
  const symbol = { add: '+=', or: '|=', and: '&=', xor: '^=' }[name]
  return `lock *${where} ${symbol} ${from}`
}

function register(number: number, bits: 32 | 64): string {
  return `${bits === 64 ? 'r' : 'w'}${number}`
}

function address(base: number, offset: number): string {
  return `(r${base} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)})`
}

function signed(offset: number): string {
  return offset < 0 ? String(offset) : `+${offset}`
}
