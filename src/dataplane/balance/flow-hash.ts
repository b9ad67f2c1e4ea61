/** `flowHash` of `policy/flow-hash.ts` as code: the same number from the same flow. */
import type { ProgramBuilder, StackSlot, Value } from '../../bpf/index.ts'

/** Hash of `bytes` bytes (a multiple of 4) on the stack; an unsigned 32-bit number. */
export function emitFlowHash(b: ProgramBuilder, tuple: StackSlot, bytes: number): Value {
  const state = b.mov(0)
  for (let at = 0; at < bytes; at += 4) {
    const k = b.mul32(rotate(b, b.mul32(b.load(4, tuple, at), 0xcc9e2d51 | 0), 15), 0x1b873593)
    b.set(state, b.add32(b.mul32(rotate(b, b.xor32(state, k), 13), 5), 0xe6546b64 | 0))
  }
  const mixed = b.mul32(b.xor32(state, b.shr32(state, 16)), 0x85ebca6b | 0)
  const again = b.mul32(b.xor32(mixed, b.shr32(mixed, 13)), 0xc2b2ae35 | 0)
  return b.xor32(again, b.shr32(again, 16))
}

/** `scaleHash`: the high half of the product. */
export const emitScale = (b: ProgramBuilder, hash: Value, size: Value | number): Value =>
  b.shr(b.mul(hash, size), 32)

const rotate = (b: ProgramBuilder, x: Value, bits: number): Value =>
  b.or32(b.shl32(x, bits), b.shr32(x, 32 - bits))
