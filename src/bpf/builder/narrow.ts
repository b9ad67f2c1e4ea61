/** Which registers are known to have a zero upper half: loads of up to 4 bytes, 32-bit arithmetic, masks. */
import { fitsUnsigned32 } from './constants.ts'
import { type Block, forEachOperation } from './flow.ts'
import { NONE, type Operation } from './operation.ts'

/** `isPointerLoad`: loads that read 4 bytes and yield a pointer, as those of packet bounds from the context. */
export function narrowRegisters(
  blocks: readonly Block[],
  registers: number,
  isPointerLoad: (op: Operation) => boolean,
): Uint8Array {
  const narrow = new Uint8Array(registers).fill(1)
  for (let changed = true; changed; ) {
    changed = false
    forEachOperation(blocks, (op) => {
      if (op.def === NONE || narrow[op.def] === 0 || staysNarrow(op)) return
      narrow[op.def] = 0
      changed = true
    })
  }
  return narrow

  function staysNarrow(op: Operation): boolean {
    switch (op.kind) {
      case 'const':
        return fitsUnsigned32(op.imm)
      case 'move':
        return narrow[op.a] === 1
      case 'zext':
        return true
      case 'endian':
        return op.size <= 32
      case 'load':
        return op.size <= 4 && !isPointerLoad(op)
      case 'neg':
        return op.size === 32
      case 'alu':
        return op.size === 32 || aluStaysNarrow(op)
      default:
        return false
    }
  }

  function aluStaysNarrow(op: Operation): boolean {
    const right = op.b === NONE ? fitsUnsigned32(op.imm) : narrow[op.b] === 1
    switch (op.alu) {
      case 'and':
        return right || narrow[op.a] === 1
      case 'or':
      case 'xor':
        return right && narrow[op.a] === 1
      case 'rsh':
        return narrow[op.a] === 1 || (op.b === NONE && op.imm >= 32)
      case 'div':
      case 'mod':
        return narrow[op.a] === 1
      default:
        return false
    }
  }
}
