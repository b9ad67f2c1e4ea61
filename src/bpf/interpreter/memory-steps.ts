/** Loads, stores and atomic changes through checked addresses. */
import { ATOMIC } from '../kernel-abi.ts'
import type { Machine } from './machine.ts'
import { CONTEXT_TAG, POINTER_TAG, STACK_TAG } from './memory.ts'
import type { Registers, Step } from './registers.ts'
import { Trap } from './trap.ts'

/** Offsets above are pointers that went below their region. */
const LAST_OFFSET = 0x7fff_ffff

type Size = 1 | 2 | 4 | 8

/** d = size bytes at s + offset */
export function loadStep(
  machine: Machine,
  { lo, hi }: Registers,
  size: Size,
  signed: boolean,
  d: number,
  s: number,
  offset: number,
  next: number,
): Step {
  const { memory } = machine
  const { views } = memory
  const shift = 32 - size * 8
  return () => {
    let at = (lo[s]! >>> 0) + offset
    let tag = hi[s]!
    if (at < 0 || at > 0xffff_ffff) {
      tag += Math.floor(at / 0x1_0000_0000)
      at >>>= 0
    }
    const view = views[tag - POINTER_TAG]
    if (view === undefined) {
      if (tag !== CONTEXT_TAG || at > LAST_OFFSET) throw memory.fault(tag - POINTER_TAG, at, size)
      machine.context.load(at, size, { lo, hi }, d)
      return next
    }
    if (at + size > view.byteLength) throw memory.fault(tag - POINTER_TAG, at, size)
    if (tag === STACK_TAG) memory.checkWritten(at, size)
    if (size === 8) {
      lo[d] = view.getInt32(at, true)
      hi[d] = view.getInt32(at + 4, true)
      return next
    }
    const value =
      size === 4 ? view.getInt32(at, true) : size === 2 ? view.getUint16(at, true) : view.getUint8(at)
    if (signed) {
      const extended = (value << shift) >> shift
      lo[d] = extended
      hi[d] = extended >> 31
    } else {
      lo[d] = value
      hi[d] = 0
    }
    return next
  }
}

/** size bytes at d + offset = s */
export function storeStep(
  machine: Machine,
  { lo, hi }: Registers,
  size: Size,
  d: number,
  s: number,
  offset: number,
  next: number,
): Step {
  const { memory } = machine
  const { views, written } = memory
  return () => {
    let at = (lo[d]! >>> 0) + offset
    let tag = hi[d]!
    if (at < 0 || at > 0xffff_ffff) {
      tag += Math.floor(at / 0x1_0000_0000)
      at >>>= 0
    }
    const number = tag - POINTER_TAG
    const view = views[number]
    if (view === undefined) {
      if (tag !== CONTEXT_TAG || at > LAST_OFFSET) throw memory.fault(number, at, size)
      machine.context.store(at, size, { lo, hi }, s)
      return next
    }
    if (at + size > view.byteLength) throw memory.fault(number, at, size)
    if (tag === STACK_TAG) for (let i = at; i < at + size; i++) written[i] = 1
    else if (memory.isReadOnly(number)) throw readOnly()
    if (size === 8) {
      view.setInt32(at, lo[s]!, true)
      view.setInt32(at + 4, hi[s]!, true)
    } else if (size === 4) view.setInt32(at, lo[s]!, true)
    else if (size === 2) view.setInt16(at, lo[s]!, true)
    else view.setInt8(at, lo[s]!)
    return next
  }
}

/** Memory at d + offset changed by s, in one step: programs of the interpreter never run at the same time. */
export function atomicStep(
  machine: Machine,
  { lo, hi }: Registers,
  size: 4 | 8,
  code: number,
  d: number,
  s: number,
  offset: number,
  next: number,
): Step {
  const { memory } = machine
  const change = CHANGE[code & ~ATOMIC.fetch]
  return () => {
    let at = (lo[d]! >>> 0) + offset
    let tag = hi[d]!
    if (at < 0 || at > 0xffff_ffff) {
      tag += Math.floor(at / 0x1_0000_0000)
      at >>>= 0
    }
    const number = memory.locate(at | 0, tag, size, false)
    if (memory.isReadOnly(number)) throw readOnly()
    if (at % size !== 0)
      throw new Trap(
        'out-of-bounds',
        `an atomic operation at offset ${at} is not aligned to ${size}; align the field`,
      )
    const view = memory.views[number]!
    const oldLow = view.getInt32(at, true)
    const oldHigh = size === 8 ? view.getInt32(at + 4, true) : 0
    const write = (low: number, high: number) => {
      view.setInt32(at, low, true)
      if (size === 8) view.setInt32(at + 4, high, true)
    }
    if (code === ATOMIC.cmpxchg) {
      if (oldLow === lo[0] && (size === 4 || oldHigh === hi[0])) write(lo[s]!, hi[s]!)
      lo[0] = oldLow
      hi[0] = oldHigh
      return next
    }
    if (code === ATOMIC.xchg) write(lo[s]!, hi[s]!)
    else if (change === undefined) {
      const low = (oldLow >>> 0) + (lo[s]! >>> 0)
      write(low, oldHigh + hi[s]! + (low > 0xffff_ffff ? 1 : 0))
    } else write(change(oldLow, lo[s]!), change(oldHigh, hi[s]!))
    if ((code & ATOMIC.fetch) !== 0) {
      lo[s] = oldLow
      hi[s] = oldHigh
    }
    return next
  }
}

/** Halves are changed alike; addition, which carries, is not here. */
const CHANGE: Readonly<Record<number, (a: number, b: number) => number>> = {
  [ATOMIC.or]: (a, b) => a | b,
  [ATOMIC.and]: (a, b) => a & b,
  [ATOMIC.xor]: (a, b) => a ^ b,
}

function readOnly(): Trap {
  return new Trap('read-only', 'the memory may not be written by programs; copy it to the stack')
}
