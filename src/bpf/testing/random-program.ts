/**
 * Programs as small syntax trees: what fast-check generates, what the builder emits, and what they mean by a direct
 * evaluation on bigints. Used to hold builder, interpreter and kernel against that meaning.
 */
import fc from 'fast-check'
import { evaluateAlu, evaluateEndian, evaluateJump } from '../arithmetic.ts'
import type { ArithmeticName, Condition, Label, ProgramBuilder, StackSlot, Value } from '../builder/index.ts'
import type { AluName, JumpName } from '../opcodes.ts'

/** A value in scope, by number modulo how many there are; or a constant. */
type Source = { readonly value: number } | { readonly constant: bigint }

type Test =
  | {
      readonly kind: 'compare'
      readonly jump: JumpName
      readonly bits: 32 | 64
      readonly a: Source
      readonly x: Source
    }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Test[] }
  | { readonly kind: 'not'; readonly part: Test }

type Statement =
  | { readonly kind: 'compute'; readonly name: ArithmeticName; readonly a: Source; readonly x: Source }
  | { readonly kind: 'assign'; readonly name: ArithmeticName; readonly target: number; readonly x: Source }
  | { readonly kind: 'set'; readonly target: number; readonly x: Source }
  | { readonly kind: 'copy'; readonly x: Source }
  | { readonly kind: 'neg'; readonly bits: 32 | 64; readonly a: Source }
  | { readonly kind: 'endian'; readonly order: 'be' | 'le'; readonly bits: 16 | 32 | 64; readonly a: Source }
  | { readonly kind: 'load'; readonly from: Place; readonly size: Size; readonly offset: number }
  | {
      readonly kind: 'store'
      readonly to: Place
      readonly size: Size
      readonly offset: number
      readonly x: Source
    }
  | { readonly kind: 'fetchAdd'; readonly size: 4 | 8; readonly offset: number; readonly x: Source }
  | { readonly kind: 'call' }
  | {
      readonly kind: 'if'
      readonly test: Test
      readonly yes: readonly Statement[]
      readonly no: readonly Statement[]
    }
  | { readonly kind: 'loop'; readonly times: number; readonly body: readonly Statement[] }
  | { readonly kind: 'leave'; readonly test: Test }

type Size = 1 | 2 | 4 | 8
type Place = 'packet' | 'stack'

export interface RandomProgram {
  readonly statements: readonly Statement[]
}

/** Bytes of the packet that programs read and write; the first 8 receive the result. */
export const PACKET_SIZE = 64
const SLOT_SIZE = 32

// Meaning

interface Scope {
  readonly values: bigint[]
  readonly packet: DataView
  readonly stack: DataView
}

class Left extends Error {}

/** What the program makes of the packet, and its verdict. */
export function meaningOf(
  program: RandomProgram,
  packet: Uint8Array,
): { packet: Uint8Array; verdict: number } {
  const copy = packet.slice()
  const scope: Scope = {
    values: [1n],
    packet: new DataView(copy.buffer),
    stack: new DataView(new ArrayBuffer(SLOT_SIZE)),
  }
  try {
    for (const statement of program.statements) run(statement, scope)
  } catch (error) {
    if (!(error instanceof Left)) throw error
    return { packet: copy, verdict: 77 }
  }
  let sum = 0n
  for (const value of scope.values) sum = BigInt.asUintN(64, sum * 31n) ^ value
  scope.packet.setBigUint64(0, sum, true)
  return { packet: copy, verdict: Number(BigInt.asIntN(32, sum)) }
}

function read(source: Source, { values }: Scope): bigint {
  return 'constant' in source ? BigInt.asUintN(64, source.constant) : values[source.value % values.length]!
}

function run(statement: Statement, scope: Scope): void {
  const { values } = scope
  switch (statement.kind) {
    case 'compute':
      values.push(arithmetic(statement.name, read(statement.a, scope), read(statement.x, scope)))
      break
    case 'assign': {
      const target = statement.target % values.length
      values[target] = arithmetic(statement.name, values[target]!, read(statement.x, scope))
      break
    }
    case 'set':
      values[statement.target % values.length] = read(statement.x, scope)
      break
    case 'copy':
      values.push(read(statement.x, scope))
      break
    case 'neg':
      values.push(BigInt.asUintN(statement.bits, -read(statement.a, scope)))
      break
    case 'endian':
      values.push(evaluateEndian(statement.order, statement.bits, read(statement.a, scope)))
      break
    case 'load':
      values.push(fetch(scope[statement.from], statement.size, statement.offset))
      break
    case 'store':
      put(scope[statement.to], statement.size, statement.offset, read(statement.x, scope))
      break
    case 'fetchAdd': {
      const old = fetch(scope.stack, statement.size, statement.offset)
      put(scope.stack, statement.size, statement.offset, old + read(statement.x, scope))
      values.push(old)
      break
    }
    case 'call':
      values.push(0n)
      break
    case 'if':
      inScope(scope, () => {
        for (const inner of holds(statement.test, scope) ? statement.yes : statement.no) run(inner, scope)
      })
      break
    case 'loop':
      for (let i = 0; i < statement.times; i++) {
        inScope(scope, () => {
          values.push(BigInt(i))
          for (const inner of statement.body) run(inner, scope)
        })
      }
      break
    case 'leave':
      if (holds(statement.test, scope)) throw new Left()
  }
}

/** What a block makes is gone after it; what it changes stays. */
function inScope(scope: Scope, body: () => void): void {
  const before = scope.values.length
  body()
  scope.values.length = before
}

function holds(test: Test, scope: Scope): boolean {
  switch (test.kind) {
    case 'compare':
      return evaluateJump(test.jump, test.bits, read(test.a, scope), read(test.x, scope))
    case 'all':
      return test.parts.every((part) => holds(part, scope))
    case 'any':
      return test.parts.some((part) => holds(part, scope))
    case 'not':
      return !holds(test.part, scope)
  }
}

const ALU_OF: Readonly<Record<string, AluName>> = { shl: 'lsh', shr: 'rsh', sar: 'arsh' }

function arithmetic(name: ArithmeticName, a: bigint, x: bigint): bigint {
  const short = name.replace('32', '')
  return evaluateAlu(ALU_OF[short] ?? (short as AluName), name.endsWith('32') ? 32 : 64, a, x)
}

function fetch(view: DataView, size: Size, at: number): bigint {
  if (size === 8) return view.getBigUint64(at, true)
  return BigInt(
    size === 4 ? view.getUint32(at, true) : size === 2 ? view.getUint16(at, true) : view.getUint8(at),
  )
}

function put(view: DataView, size: Size, at: number, value: bigint): void {
  for (let i = 0; i < size; i++) view.setUint8(at + i, Number((value >> BigInt(8 * i)) & 0xffn))
}

// Emission

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

const COMPARISON = {
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

// Generation

const OPERATIONS = ['add', 'sub', 'mul', 'div', 'mod', 'and', 'or', 'xor', 'shl', 'shr', 'sar'] as const
const JUMPS = Object.keys(COMPARISON) as JumpName[]

const edges = [
  0n,
  1n,
  2n,
  7n,
  31n,
  63n,
  0x7fn,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xc0a8_0001n,
  0xffff_ffffn,
]
const constant64 = fc.oneof(
  fc.constantFrom(...edges),
  fc.constantFrom(...edges).map((x) => -x),
  fc.constantFrom(...edges).map((x) => x << 32n),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 64n) - 1n }),
)
const constant32 = fc.oneof(
  fc.constantFrom(...edges),
  fc.bigInt({ min: -(1n << 31n), max: (1n << 32n) - 1n }),
)
const value = fc.nat(40).map((n): Source => ({ value: n }))
const source64 = fc.oneof(
  { weight: 3, arbitrary: value },
  constant64.map((constant): Source => ({ constant })),
)
const source32 = fc.oneof(
  { weight: 3, arbitrary: value },
  constant32.map((constant): Source => ({ constant })),
)
const size = fc.constantFrom<Size>(1, 2, 4, 8)

/** Constants that the builder refuses in this position are left out: shifts too far, division by 0. */
const operation = fc.constantFrom(...OPERATIONS).chain((name) => {
  const shifts = name.startsWith('sh') || name === 'sar'
  const divides = name === 'div' || name === 'mod'
  const bounded = (source: Source, bits: 32 | 64): Source => {
    if (!('constant' in source)) return source
    const cut = BigInt.asUintN(bits, source.constant)
    if (shifts) return { constant: cut % BigInt(bits) }
    return divides && cut === 0n ? { constant: 3n } : source
  }
  return fc.oneof(
    fc.record({ name: fc.constant<ArithmeticName>(name), x: source64.map((x) => bounded(x, 64)) }),
    fc.record({ name: fc.constant<ArithmeticName>(`${name}32`), x: source32.map((x) => bounded(x, 32)) }),
  )
})

const comparison: fc.Arbitrary<Test> = fc.oneof(
  fc.record({
    kind: fc.constant('compare' as const),
    jump: fc.constantFrom(...JUMPS),
    bits: fc.constant(64 as const),
    a: source64,
    x: source64,
  }),
  fc.record({
    kind: fc.constant('compare' as const),
    jump: fc.constantFrom(...JUMPS),
    bits: fc.constant(32 as const),
    a: source32,
    x: source32,
  }),
)

const { test } = fc.letrec<{ test: Test }>((tie) => ({
  test: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    { weight: 4, arbitrary: comparison },
    fc.record({
      kind: fc.constantFrom('all' as const, 'any' as const),
      parts: fc.array(tie('test'), { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), part: tie('test') }),
  ),
}))

const access = size.chain((bytes) =>
  fc.record({ size: fc.constant(bytes), offset: fc.nat(SLOT_SIZE / bytes - 1).map((n) => n * bytes) }),
)

const { block } = fc.letrec<{ block: readonly Statement[]; statement: Statement }>((tie) => ({
  block: fc.array(tie('statement'), { maxLength: 6 }),
  statement: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    {
      weight: 6,
      arbitrary: fc.tuple(operation, source32).map(([op, a]): Statement => ({ kind: 'compute', a, ...op })),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(operation, fc.nat(40))
        .map(([op, target]): Statement => ({ kind: 'assign', target, ...op })),
    },
    fc.record({ kind: fc.constant('set' as const), target: fc.nat(40), x: source64 }),
    fc.record({ kind: fc.constant('copy' as const), x: source64 }),
    fc.record({
      kind: fc.constant('neg' as const),
      bits: fc.constantFrom(32 as const, 64 as const),
      a: source64,
    }),
    fc.record({
      kind: fc.constant('endian' as const),
      order: fc.constantFrom('be' as const, 'le' as const),
      bits: fc.constantFrom(16 as const, 32 as const, 64 as const),
      a: source64,
    }),
    {
      weight: 2,
      arbitrary: fc
        .tuple(access, fc.constantFrom<Place>('packet', 'stack'))
        .map(([where, from]): Statement => ({ kind: 'load', from, ...where })),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(access, fc.constantFrom<Place>('packet', 'stack'), source64)
        .map(([where, to, x]): Statement => ({ kind: 'store', to, x, ...where })),
    },
    fc
      .record({
        size: fc.constantFrom(4 as const, 8 as const),
        offset: fc.constantFrom(0, 8, 16),
        x: source64,
      })
      .map((rest): Statement => ({ kind: 'fetchAdd', ...rest })),
    fc.constant<Statement>({ kind: 'call' }),
    fc.record({ kind: fc.constant('if' as const), test, yes: tie('block'), no: tie('block') }),
    fc.record({
      kind: fc.constant('loop' as const),
      times: fc.integer({ min: 1, max: 3 }),
      body: tie('block'),
    }),
    fc.record({ kind: fc.constant('leave' as const), test }),
  ) as fc.Arbitrary<Statement>,
}))

export const randomProgram: fc.Arbitrary<RandomProgram> = fc
  .array(block, { minLength: 1, maxLength: 6 })
  .map((blocks) => ({ statements: blocks.flat() }))

export const randomPacket: fc.Arbitrary<Uint8Array> = fc.uint8Array({
  minLength: PACKET_SIZE,
  maxLength: PACKET_SIZE,
})
