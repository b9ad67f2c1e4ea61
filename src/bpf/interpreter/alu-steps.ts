/** Arithmetic on register halves (RFC 9669 section 4.1). `d`: destination and first operand; `s`: second operand. */
import type { AluName } from '../opcodes.ts'
import { bigintAt, type Registers, type Step, setBigint } from './registers.ts'

type Factory = (registers: Registers, d: number, s: number, next: number) => Step

export const ALU_64: Readonly<Record<AluName, Factory>> = {
  mov:
    ({ lo, hi }, d, s, next) =>
    () => {
      lo[d] = lo[s]!
      hi[d] = hi[s]!
      return next
    },
  add:
    ({ lo, hi }, d, s, next) =>
    () => {
      const low = (lo[d]! >>> 0) + (lo[s]! >>> 0)
      lo[d] = low
      hi[d] = hi[d]! + hi[s]! + (low > 0xffff_ffff ? 1 : 0)
      return next
    },
  sub:
    ({ lo, hi }, d, s, next) =>
    () => {
      const low = (lo[d]! >>> 0) - (lo[s]! >>> 0)
      lo[d] = low
      hi[d] = hi[d]! - hi[s]! - (low < 0 ? 1 : 0)
      return next
    },
  mul:
    ({ lo, hi }, d, s, next) =>
    () => {
      const a = lo[d]!
      const b = lo[s]!
      hi[d] = Math.imul(a, hi[s]!) + Math.imul(hi[d]!, b) + highProduct(a, b)
      lo[d] = Math.imul(a, b)
      return next
    },
  and:
    ({ lo, hi }, d, s, next) =>
    () => {
      lo[d]! &= lo[s]!
      hi[d]! &= hi[s]!
      return next
    },
  or:
    ({ lo, hi }, d, s, next) =>
    () => {
      lo[d]! |= lo[s]!
      hi[d]! |= hi[s]!
      return next
    },
  xor:
    ({ lo, hi }, d, s, next) =>
    () => {
      lo[d]! ^= lo[s]!
      hi[d]! ^= hi[s]!
      return next
    },
  lsh:
    ({ lo, hi }, d, s, next) =>
    () => {
      const n = lo[s]! & 63
      if (n >= 32) {
        hi[d] = lo[d]! << (n - 32)
        lo[d] = 0
      } else if (n > 0) {
        hi[d] = (hi[d]! << n) | (lo[d]! >>> (32 - n))
        lo[d]! <<= n
      }
      return next
    },
  rsh:
    ({ lo, hi }, d, s, next) =>
    () => {
      const n = lo[s]! & 63
      if (n >= 32) {
        lo[d] = hi[d]! >>> (n - 32)
        hi[d] = 0
      } else if (n > 0) {
        lo[d] = (lo[d]! >>> n) | (hi[d]! << (32 - n))
        hi[d] = hi[d]! >>> n
      }
      return next
    },
  arsh:
    ({ lo, hi }, d, s, next) =>
    () => {
      const n = lo[s]! & 63
      if (n >= 32) {
        lo[d] = hi[d]! >> (n - 32)
        hi[d]! >>= 31
      } else if (n > 0) {
        lo[d] = (lo[d]! >>> n) | (hi[d]! << (32 - n))
        hi[d]! >>= n
      }
      return next
    },
  div: (registers, d, s, next) =>
    division(registers, d, s, next, (a, b) => (b === 0n ? 0n : a / b), quotient),
  mod: (registers, d, s, next) =>
    division(registers, d, s, next, (a, b) => (b === 0n ? a : a % b), remainder),
}

/** 32-bit operations clear the upper half. */
export const ALU_32: Readonly<Record<AluName, Factory>> = {
  mov: narrow((_, b) => b),
  add: narrow((a, b) => a + b),
  sub: narrow((a, b) => a - b),
  mul: narrow(Math.imul),
  and: narrow((a, b) => a & b),
  or: narrow((a, b) => a | b),
  xor: narrow((a, b) => a ^ b),
  lsh: narrow((a, b) => a << b),
  rsh: narrow((a, b) => a >>> b),
  arsh: narrow((a, b) => a >> b),
  div: narrow((a, b) => (b === 0 ? 0 : (a >>> 0) / (b >>> 0))),
  mod: narrow((a, b) => (b === 0 ? a : (a >>> 0) % (b >>> 0))),
}

/** Signed division rounds toward zero; by zero as unsigned; the smallest number by −1 wraps. */
export const SIGNED_64: Readonly<Record<'div' | 'mod', Factory>> = {
  div: (registers, d, s, next) =>
    division(
      registers,
      d,
      s,
      next,
      (a, b) => (b === 0n ? 0n : BigInt.asIntN(64, a) / BigInt.asIntN(64, b)),
      quotient,
    ),
  mod: (registers, d, s, next) =>
    division(
      registers,
      d,
      s,
      next,
      (a, b) => (b === 0n ? a : BigInt.asIntN(64, a) % BigInt.asIntN(64, b)),
      remainder,
    ),
}
export const SIGNED_32: Readonly<Record<'div' | 'mod', Factory>> = {
  div: narrow((a, b) => (b === 0 ? 0 : a / b)),
  mod: narrow((a, b) => (b === 0 ? a : a % b)),
}

export const NEG: Readonly<Record<32 | 64, (registers: Registers, d: number, next: number) => Step>> = {
  64:
    ({ lo, hi }, d, next) =>
    () => {
      const low = -lo[d]! | 0
      hi[d] = ~hi[d]! + (low === 0 ? 1 : 0)
      lo[d] = low
      return next
    },
  32:
    ({ lo, hi }, d, next) =>
    () => {
      lo[d] = -lo[d]!
      hi[d] = 0
      return next
    },
}

/** Sign extension of the low `from` bits to `to` bits. */
export function signExtend(from: number, to: 32 | 64): Factory {
  const shift = 32 - from
  return ({ lo, hi }, d, s, next) =>
    () => {
      const low = (lo[s]! << shift) >> shift
      lo[d] = low
      hi[d] = to === 64 ? low >> 31 : 0
      return next
    }
}

/** Byte order of the low `bits`; `swap` false only clears the rest. */
export function byteOrder(
  bits: number,
  swap: boolean,
): (registers: Registers, d: number, next: number) => Step {
  return ({ lo, hi }, d, next) =>
    () => {
      const low = lo[d]!
      if (bits === 64) {
        if (swap) {
          lo[d] = swap32(hi[d]!)
          hi[d] = swap32(low)
        }
        return next
      }
      if (bits === 32) lo[d] = swap ? swap32(low) : low
      else lo[d] = swap ? ((low & 0xff) << 8) | ((low >>> 8) & 0xff) : low & 0xffff
      hi[d] = 0
      return next
    }
}

function swap32(x: number): number {
  return (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24)
}

function narrow(compute: (a: number, b: number) => number): Factory {
  return ({ lo, hi }, d, s, next) =>
    () => {
      lo[d] = compute(lo[d]!, lo[s]!)
      hi[d] = 0
      return next
    }
}

/** Upper 32 bits of the product of two unsigned 32-bit numbers, from products of 16-bit halves. */
function highProduct(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const middle2 = aLow * bHigh + (middle & 0xffff)
  return aHigh * bHigh + Math.floor(middle / 0x1_0000) + (middle2 >>> 16)
}

/** Operands below 2³², the common case, are divided as numbers; signed or not, they are not negative. */
function division(
  registers: Registers,
  d: number,
  s: number,
  next: number,
  wide: (a: bigint, b: bigint) => bigint,
  narrow: (a: number, b: number) => number,
): Step {
  const { lo, hi } = registers
  return () => {
    if (hi[d] === 0 && hi[s] === 0) lo[d] = narrow(lo[d]! >>> 0, lo[s]! >>> 0)
    else setBigint(registers, d, wide(bigintAt(registers, d), bigintAt(registers, s)))
    return next
  }
}

const quotient = (a: number, b: number) => (b === 0 ? 0 : a / b)
const remainder = (a: number, b: number) => (b === 0 ? a : a % b)
