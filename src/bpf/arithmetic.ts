/**
 * What arithmetic and comparisons mean (RFC 9669 sections 4.1 and 4.3), on bigints: obvious and slow. The builder folds
 * constants with it, and tests hold the interpreter against it.
 */
import type { AluName, JumpName } from './opcodes.ts'

/** Result as an unsigned 64-bit value; 32-bit operations clear the upper half. Division by 0 gives 0, remainder the dividend. */
export function evaluateAlu(name: AluName, bits: 32 | 64, left: bigint, right: bigint): bigint {
  const a = BigInt.asUintN(bits, left)
  const b = BigInt.asUintN(bits, right)
  const shift = b & BigInt(bits - 1)
  return BigInt.asUintN(bits, compute())

  function compute(): bigint {
    switch (name) {
      case 'add':
        return a + b
      case 'sub':
        return a - b
      case 'mul':
        return a * b
      case 'div':
        return b === 0n ? 0n : a / b
      case 'mod':
        return b === 0n ? a : a % b
      case 'or':
        return a | b
      case 'and':
        return a & b
      case 'xor':
        return a ^ b
      case 'lsh':
        return a << shift
      case 'rsh':
        return a >> shift
      case 'arsh':
        return BigInt.asIntN(bits, a) >> shift
      case 'mov':
        return b
    }
  }
}

export function evaluateJump(name: JumpName, bits: 32 | 64, left: bigint, right: bigint): boolean {
  const signed = name.startsWith('js') && name !== 'jset'
  const a = signed ? BigInt.asIntN(bits, left) : BigInt.asUintN(bits, left)
  const b = signed ? BigInt.asIntN(bits, right) : BigInt.asUintN(bits, right)
  switch (name) {
    case 'jeq':
      return a === b
    case 'jne':
      return a !== b
    case 'jset':
      return (a & b) !== 0n
    case 'jgt':
    case 'jsgt':
      return a > b
    case 'jge':
    case 'jsge':
      return a >= b
    case 'jlt':
    case 'jslt':
      return a < b
    case 'jle':
    case 'jsle':
      return a <= b
  }
}

/** The low bits in big-endian order, as a little-endian machine computes it; `le` only cuts. */
export function evaluateEndian(order: 'be' | 'le', bits: 16 | 32 | 64, value: bigint): bigint {
  let rest = BigInt.asUintN(bits, value)
  if (order === 'le') return rest
  let swapped = 0n
  for (let i = 0; i < bits; i += 8) {
    swapped = (swapped << 8n) | (rest & 0xffn)
    rest >>= 8n
  }
  return swapped
}
