/**
 * Registers as two arrays of 32-bit halves. Behind r0–r10 lie the constants of the program's instructions, so that every
 * operation has registers as operands.
 */
export interface Registers {
  readonly lo: Int32Array
  readonly hi: Int32Array
}

/** One instruction, ready to run: does it, and returns the slot of the next one. */
export type Step = () => number

/** What a step returns instead of a slot. */
export const EXIT = -1
export const TAIL_CALL = -2

export function bigintAt({ lo, hi }: Registers, index: number): bigint {
  return (BigInt(hi[index]! >>> 0) << 32n) | BigInt(lo[index]! >>> 0)
}

export function setBigint({ lo, hi }: Registers, index: number, value: bigint): void {
  lo[index] = Number(BigInt.asIntN(32, value))
  hi[index] = Number(BigInt.asIntN(32, value >> 32n))
}

/** The register as a number where that is exact, signed. */
export function setInteger({ lo, hi }: Registers, index: number, value: number): void {
  lo[index] = value | 0
  hi[index] = Math.floor(value / 0x1_0000_0000) | 0
}
