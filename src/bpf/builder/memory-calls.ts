/** The builder's memory: loads, stores, atomic changes, the program's stack. */
import { ArithmeticCalls } from './arithmetic-calls.ts'
import { type Operand, StackSlot, type Value } from './value.ts'

export type Bytes = 1 | 2 | 4 | 8

export class MemoryCalls extends ArithmeticCalls {
  /** `size` bytes at base + offset, zero-extended, in host order. */
  load(size: Bytes, base: Value | StackSlot, offset = 0): Value {
    const op = this.emitter.emit('load')
    op.size = size
    this.emitter.setBase(op, base, offset)
    return this.define(op)
  }

  /** The low `size` bytes of `x` to base + offset, in host order. */
  store(size: Bytes, base: Value | StackSlot, offset: number, x: Operand): void {
    const op = this.emitter.emit('store')
    op.size = size
    this.emitter.setBase(op, base, offset)
    this.emitter.setOperand(op, x, 8 * size)
  }

  /** Adds to `size` aligned bytes, atomically for all CPUs. */
  atomicAdd(size: 4 | 8, base: Value | StackSlot, offset: number, x: Operand): void {
    const value = this.emitter.asValue(x)
    const op = this.emitter.emit('atomic')
    op.size = size
    this.emitter.setBase(op, base, offset)
    op.b = this.emitter.register(value)
  }

  /** As `atomicAdd`, and returns what was there before. */
  atomicFetchAdd(size: 4 | 8, base: Value | StackSlot, offset: number, x: Operand): Value {
    const value = this.emitter.asValue(x)
    const op = this.emitter.emit('atomic')
    op.atomic = 'fetchAdd'
    op.size = size
    this.emitter.setBase(op, base, offset)
    op.b = this.emitter.register(value)
    return this.define(op)
  }

  /** Stores `x` and returns what was there before. */
  atomicExchange(size: 4 | 8, base: Value | StackSlot, offset: number, x: Operand): Value {
    const value = this.emitter.asValue(x)
    const op = this.emitter.emit('atomic')
    op.atomic = 'xchg'
    op.size = size
    this.emitter.setBase(op, base, offset)
    op.b = this.emitter.register(value)
    return this.define(op)
  }

  /** Bytes on the stack, not zeroed; `align` is 1, 2, 4 or 8. A program has 512 bytes, values that found no register included. */
  stack(bytes: number, align: 1 | 2 | 4 | 8 = 8): StackSlot {
    if (!Number.isInteger(bytes) || bytes < 1 || bytes > 512) {
      this.emitter.refuse(`a stack slot of ${bytes} bytes is outside 1–512`)
    }
    return new StackSlot(bytes, align, this.emitter)
  }

  addressOf(slot: StackSlot, offset = 0): Value {
    this.emitter.checkSlot(slot, offset, 0)
    const op = this.emitter.emit('address')
    op.slot = slot
    op.offset = offset
    return this.define(op)
  }

  /** Zeroes the whole slot. */
  zero(slot: StackSlot): void {
    for (let offset = 0; offset < slot.bytes; ) {
      const left = slot.bytes - offset
      const size = ([8, 4, 2, 1] as const).find((s) => s <= left && s <= slot.align && offset % s === 0)!
      this.store(size, slot, offset, 0)
      offset += size
    }
  }
}
