/** Branches on register halves (RFC 9669 section 4.3). */
import type { JumpName } from '../opcodes.ts'
import type { Registers, Step } from './registers.ts'

type Factory = (registers: Registers, d: number, s: number, next: number, target: number) => Step

export const JUMP_64: Readonly<Record<JumpName, Factory>> = {
  jeq:
    ({ lo, hi }, d, s, next, target) =>
    () =>
      lo[d] === lo[s] && hi[d] === hi[s] ? target : next,
  jne:
    ({ lo, hi }, d, s, next, target) =>
    () =>
      lo[d] === lo[s] && hi[d] === hi[s] ? next : target,
  jset:
    ({ lo, hi }, d, s, next, target) =>
    () =>
      (lo[d]! & lo[s]!) !== 0 || (hi[d]! & hi[s]!) !== 0 ? target : next,
  jgt: (r, d, s, next, target) => unsignedLess(r, s, d, next, target),
  jlt: (r, d, s, next, target) => unsignedLess(r, d, s, next, target),
  jge: (r, d, s, next, target) => unsignedLess(r, d, s, target, next),
  jle: (r, d, s, next, target) => unsignedLess(r, s, d, target, next),
  jsgt: (r, d, s, next, target) => signedLess(r, s, d, next, target),
  jslt: (r, d, s, next, target) => signedLess(r, d, s, next, target),
  jsge: (r, d, s, next, target) => signedLess(r, d, s, target, next),
  jsle: (r, d, s, next, target) => signedLess(r, s, d, target, next),
}

export const JUMP_32: Readonly<Record<JumpName, Factory>> = {
  jeq: narrow((a, b) => a === b),
  jne: narrow((a, b) => a !== b),
  jset: narrow((a, b) => (a & b) !== 0),
  jgt: narrow((a, b) => a >>> 0 > b >>> 0),
  jge: narrow((a, b) => a >>> 0 >= b >>> 0),
  jlt: narrow((a, b) => a >>> 0 < b >>> 0),
  jle: narrow((a, b) => a >>> 0 <= b >>> 0),
  jsgt: narrow((a, b) => a > b),
  jsge: narrow((a, b) => a >= b),
  jslt: narrow((a, b) => a < b),
  jsle: narrow((a, b) => a <= b),
}

/** To `yes` if a < b, else to `no`. */
function unsignedLess({ lo, hi }: Registers, a: number, b: number, no: number, yes: number): Step {
  return () => {
    const high = hi[a]!
    const other = hi[b]!
    const less = high === other ? lo[a]! >>> 0 < lo[b]! >>> 0 : high >>> 0 < other >>> 0
    return less ? yes : no
  }
}

function signedLess({ lo, hi }: Registers, a: number, b: number, no: number, yes: number): Step {
  return () => {
    const high = hi[a]!
    const other = hi[b]!
    const less = high === other ? lo[a]! >>> 0 < lo[b]! >>> 0 : high < other
    return less ? yes : no
  }
}

function narrow(test: (a: number, b: number) => boolean): Factory {
  return ({ lo }, d, s, next, target) =>
    () =>
      test(lo[d]!, lo[s]!) ? target : next
}
