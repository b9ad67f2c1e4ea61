/** The builder's arithmetic: 64-bit operations, and `…32` ones on the low halves that clear the upper half of the result. */
import type { AluName } from '../opcodes.ts'
import { Emitter } from './emitter.ts'
import type { Operation } from './operation.ts'
import { type Operand, Value } from './value.ts'

type Name = 'add' | 'sub' | 'mul' | 'div' | 'mod' | 'and' | 'or' | 'xor' | 'shl' | 'shr' | 'sar'
/** Names of arithmetic for `assign`. */
export type ArithmeticName = Name | `${Name}32`

const ALU_NAME: Readonly<Record<Name, AluName>> = {
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  div: 'div',
  mod: 'mod',
  and: 'and',
  or: 'or',
  xor: 'xor',
  shl: 'lsh',
  shr: 'rsh',
  sar: 'arsh',
}

export class ArithmeticCalls {
  /** @internal */
  readonly emitter: Emitter

  /** @internal */
  constructor(sites: boolean) {
    this.emitter = new Emitter(sites)
  }

  /** A new register with the constant. Free where the constant ends up inside instructions. */
  const(x: number | bigint): Value {
    return this.emitter.asValue(x)
  }

  /** A new register with the operand's value, to be changed with `set` and `assign`. */
  mov(x: Operand): Value {
    if (!(x instanceof Value)) return this.emitter.asValue(x)
    const op = this.emitter.emit('move')
    op.a = this.emitter.register(x)
    return this.define(op)
  }

  /** target = x. The target is any register, most clearly one made by `mov`. */
  set(target: Value, x: Operand): void {
    const to = this.emitter.register(target)
    if (x instanceof Value) {
      const op = this.emitter.emit('move')
      op.a = this.emitter.register(x)
      op.def = to
      return
    }
    const op = this.emitter.emit('const')
    op.imm = this.emitter.constant(x)
    op.def = to
  }

  /** target = target op x, in place. */
  assign(name: ArithmeticName, target: Value, x: Operand): void {
    const narrow = name.endsWith('32')
    const op = this.emitter.emit('alu')
    op.alu = ALU_NAME[(narrow ? name.slice(0, -2) : name) as Name]
    op.size = narrow ? 32 : 64
    op.a = this.emitter.register(target)
    this.setSecond(op, x)
    op.def = op.a
  }

  add(a: Operand, x: Operand): Value {
    return this.compute('add', 64, a, x)
  }
  sub(a: Operand, x: Operand): Value {
    return this.compute('sub', 64, a, x)
  }
  mul(a: Operand, x: Operand): Value {
    return this.compute('mul', 64, a, x)
  }
  /** Unsigned; by zero it gives 0. */
  div(a: Operand, x: Operand): Value {
    return this.compute('div', 64, a, x)
  }
  /** Unsigned; by zero it gives `a`. */
  mod(a: Operand, x: Operand): Value {
    return this.compute('mod', 64, a, x)
  }
  and(a: Operand, x: Operand): Value {
    return this.compute('and', 64, a, x)
  }
  or(a: Operand, x: Operand): Value {
    return this.compute('or', 64, a, x)
  }
  xor(a: Operand, x: Operand): Value {
    return this.compute('xor', 64, a, x)
  }
  /** Shift left; only the low 6 bits of `x` count. */
  shl(a: Operand, x: Operand): Value {
    return this.compute('lsh', 64, a, x)
  }
  /** Shift right, zeros come in. */
  shr(a: Operand, x: Operand): Value {
    return this.compute('rsh', 64, a, x)
  }
  /** Shift right, the sign comes in. */
  sar(a: Operand, x: Operand): Value {
    return this.compute('arsh', 64, a, x)
  }

  add32(a: Operand, x: Operand): Value {
    return this.compute('add', 32, a, x)
  }
  sub32(a: Operand, x: Operand): Value {
    return this.compute('sub', 32, a, x)
  }
  mul32(a: Operand, x: Operand): Value {
    return this.compute('mul', 32, a, x)
  }
  div32(a: Operand, x: Operand): Value {
    return this.compute('div', 32, a, x)
  }
  mod32(a: Operand, x: Operand): Value {
    return this.compute('mod', 32, a, x)
  }
  and32(a: Operand, x: Operand): Value {
    return this.compute('and', 32, a, x)
  }
  or32(a: Operand, x: Operand): Value {
    return this.compute('or', 32, a, x)
  }
  xor32(a: Operand, x: Operand): Value {
    return this.compute('xor', 32, a, x)
  }
  shl32(a: Operand, x: Operand): Value {
    return this.compute('lsh', 32, a, x)
  }
  shr32(a: Operand, x: Operand): Value {
    return this.compute('rsh', 32, a, x)
  }
  sar32(a: Operand, x: Operand): Value {
    return this.compute('arsh', 32, a, x)
  }

  /** −a in 64 bits. */
  neg(a: Operand): Value {
    return this.unary('neg', a, 64)
  }
  neg32(a: Operand): Value {
    return this.unary('neg', a, 32)
  }

  /** The low bits between host and network order (either way); the rest of the result is zero. */
  bigEndian(a: Operand, bits: 16 | 32 | 64): Value {
    return this.unary('endian', a, bits)
  }

  /** The low bits between host and little-endian order; on the machines of today it only clears the rest. */
  littleEndian(a: Operand, bits: 16 | 32 | 64): Value {
    return this.unary('endian', a, bits, 'le')
  }

  private compute(alu: AluName, bits: 32 | 64, a: Operand, x: Operand): Value {
    const left = this.emitter.register(this.emitter.asValue(a))
    const op = this.emitter.emit('alu')
    op.alu = alu
    op.size = bits
    op.a = left
    this.setSecond(op, x)
    return this.define(op)
  }

  private setSecond(op: Operation, x: Operand): void {
    this.emitter.setOperand(op, x, op.size)
    if (x instanceof Value) return
    const shifts = op.alu === 'lsh' || op.alu === 'rsh' || op.alu === 'arsh'
    if (shifts && (x < 0 || x >= op.size)) {
      this.emitter.refuse(`a shift by ${x} is outside 0–${op.size - 1}; shift by less`)
    }
    if ((op.alu === 'div' || op.alu === 'mod') && op.imm === 0) {
      this.emitter.refuse('division by the constant 0; test the divisor first')
    }
  }

  private unary(kind: 'neg' | 'endian', a: Operand, bits: number, order: 'be' | 'le' = 'be'): Value {
    const from = this.emitter.register(this.emitter.asValue(a))
    const op = this.emitter.emit(kind)
    op.a = from
    op.size = bits
    op.order = order
    return this.define(op)
  }

  /** @internal */
  protected define(op: { def: number }): Value {
    const result = this.emitter.newValue()
    op.def = result.id
    return result
  }
}
