/** Programs and packets made at random, to hold builder, interpreter and kernel against what the programs mean. */
import fc from 'fast-check'
import type { ArithmeticName } from '../builder/index.ts'
import type { JumpName } from '../opcodes.ts'
import { COMPARISON } from './emit-syntax.ts'
import {
  PACKET_SIZE,
  type Place,
  type RandomProgram,
  type Size,
  SLOT_SIZE,
  type Source,
  type Statement,
  type Test,
} from './program-syntax.ts'

export { emitRandomProgram } from './emit-syntax.ts'
export { meaningOf, type RandomProgram } from './program-syntax.ts'

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
