/** Syntax trees as programs, through the builder. */
import type { Condition, Label, ProgramBuilder, StackSlot, Value } from '../builder/index.ts'
import {
  PACKET_SIZE,
  type Place,
  type RandomProgram,
  SLOT_SIZE,
  type Source,
  type Statement,
  type Test,
} from './program-syntax.ts'

interface Emission {
  readonly b: ProgramBuilder
  readonly values: Value[]
  readonly packet: Value
  readonly stack: StackSlot
  readonly out: Label
}

/** Emits the program for XDP; the packet must have `PACKET_SIZE` bytes. */
export function emitRandomProgram(b: ProgramBuilder, program: RandomProgram): void {
  const short = b.label('short')
  const out = b.label('out')
  const packet = b.packet()
  b.requireBytes(packet, PACKET_SIZE, short)
  const stack = b.stack(SLOT_SIZE)
  b.zero(stack)
  const emission: Emission = { b, values: [b.mov(1)], packet: packet.data, stack, out }
  for (const statement of program.statements) emit(statement, emission)
  const sum = b.mov(0)
  for (const value of emission.values) {
    b.assign('mul', sum, 31)
    b.assign('xor', sum, value)
  }
  b.store(8, packet.data, 0, sum)
  b.exit(sum)
  b.place(out)
  b.exit(77)
  b.place(short)
  b.exit(99)
}

function operand(source: Source, { values }: Emission): Value | bigint {
  return 'constant' in source ? source.constant : values[source.value % values.length]!
}

function emit(statement: Statement, emission: Emission): void {
  const { b, values, packet, stack } = emission
  const place = (where: Place) => (where === 'packet' ? packet : stack)
  switch (statement.kind) {
    case 'compute':
      values.push(b[statement.name](operand(statement.a, emission), operand(statement.x, emission)))
      break
    case 'assign':
      b.assign(statement.name, values[statement.target % values.length]!, operand(statement.x, emission))
      break
    case 'set':
      b.set(values[statement.target % values.length]!, operand(statement.x, emission))
      break
    case 'copy':
      values.push(b.mov(operand(statement.x, emission)))
      break
    case 'neg':
      values.push((statement.bits === 64 ? b.neg : b.neg32).call(b, operand(statement.a, emission)))
      break
    case 'endian': {
      const convert = statement.order === 'be' ? b.bigEndian : b.littleEndian
      values.push(convert.call(b, operand(statement.a, emission), statement.bits))
      break
    }
    case 'load':
      values.push(b.load(statement.size, place(statement.from), statement.offset))
      break
    case 'store': {
      const x = operand(statement.x, emission)
      const fitting = typeof x === 'bigint' ? BigInt.asUintN(statement.size * 8, x) : x
      b.store(statement.size, place(statement.to), statement.offset, fitting)
      break
    }
    case 'fetchAdd':
      values.push(b.atomicFetchAdd(statement.size, stack, statement.offset, operand(statement.x, emission)))
      break
    case 'call':
      values.push(b.and(b.call('get_smp_processor_id'), 0))
      break
    case 'if':
      b.if(
        condition(statement.test, emission),
        () => emitBlock(statement.yes, emission),
        statement.no.length === 0 ? undefined : () => emitBlock(statement.no, emission),
      )
      break
    case 'loop':
      b.loop(statement.times, (i) => emitBlock(statement.body, emission, b.mov(i)))
      break
    case 'leave':
      b.jumpIf(condition(statement.test, emission), emission.out)
  }
}

function emitBlock(statements: readonly Statement[], emission: Emission, first?: Value): void {
  const before = emission.values.length
  if (first !== undefined) emission.values.push(first)
  for (const statement of statements) emit(statement, emission)
  emission.values.length = before
}

/** Builder calls, for 64 and for 32 bits. */
export const COMPARISON = {
  jeq: ['eq', 'eq32'],
  jne: ['ne', 'ne32'],
  jgt: ['gt', 'gt32'],
  jge: ['ge', 'ge32'],
  jlt: ['lt', 'lt32'],
  jle: ['le', 'le32'],
  jset: ['anyBit', 'anyBit32'],
  jsgt: ['sgt', 'sgt32'],
  jsge: ['sge', 'sge32'],
  jslt: ['slt', 'slt32'],
  jsle: ['sle', 'sle32'],
} as const

function condition(test: Test, emission: Emission): Condition {
  const { b } = emission
  switch (test.kind) {
    case 'compare':
      return b[COMPARISON[test.jump][test.bits === 64 ? 0 : 1]](
        operand(test.a, emission),
        operand(test.x, emission),
      )
    case 'all':
      return b.all(...test.parts.map((part) => condition(part, emission)))
    case 'any':
      return b.any(...test.parts.map((part) => condition(part, emission)))
    case 'not':
      return b.not(condition(test.part, emission))
  }
}
