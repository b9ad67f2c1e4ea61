/** Programs as small syntax trees, and what they mean: a direct evaluation on bigints. */
import { evaluateAlu, evaluateEndian, evaluateJump } from '../arithmetic.ts'
import type { ArithmeticName } from '../builder/index.ts'
import type { AluName, JumpName } from '../opcodes.ts'

/** A value in scope, by number modulo how many there are; or a constant. */
export type Source = { readonly value: number } | { readonly constant: bigint }

export type Test =
  | {
      readonly kind: 'compare'
      readonly jump: JumpName
      readonly bits: 32 | 64
      readonly a: Source
      readonly x: Source
    }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Test[] }
  | { readonly kind: 'not'; readonly part: Test }

export type Statement =
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

export type Size = 1 | 2 | 4 | 8
export type Place = 'packet' | 'stack'

export interface RandomProgram {
  readonly statements: readonly Statement[]
}

/** Bytes of the packet that programs read and write; the first 8 receive the result. */
export const PACKET_SIZE = 64
/** Bytes of stack that they read and write. */
export const SLOT_SIZE = 32

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
