/**
 * Access to the frame under judgement, for both hooks. On tc the headers may lie outside the linear part of a socket buffer;
 * they are pulled in first, so that everything after it reads the same on both.
 */
import {
  type ProgramBuilder,
  SK_BUFF,
  TCX_DROP,
  TCX_NEXT,
  type Value,
  XDP_DROP,
  XDP_PASS,
} from '../../bpf/index.ts'

export type Hook = 'xdp' | 'tc'

/** What the program returns for each verdict. On tc `next` lets a following program of the hook judge too. */
export const verdictOf = {
  xdp: { allow: XDP_PASS, deny: XDP_DROP },
  tc: { allow: TCX_NEXT, deny: TCX_DROP },
} as const

export interface Frame {
  readonly hook: Hook
  /** Pointer to the Ethernet header. */
  readonly data: Value
  /** Pointer to the end of what can be read directly. */
  readonly end: Value
  /** Bytes of the whole frame. */
  readonly length: Value
}

/** Ethernet, IPv6, ICMPv6 error header, quoted IPv6, eight bytes quoted: the deepest that any program looks. */
const deepest = 14 + 40 + 8 + 40 + 8

export function emitFrame(b: ProgramBuilder, hook: Hook): Frame {
  if (hook === 'xdp') {
    const { data, end } = b.packet()
    return { hook, data, end, length: b.sub(end, data) }
  }
  const length = b.load(4, b.context, SK_BUFF.len)
  const data = b.load(4, b.context, SK_BUFF.data)
  const end = b.load(4, b.context, SK_BUFF.data_end)
  b.if(b.gt(b.add(data, deepest), end), () => {
    b.if(b.lt(b.sub(end, data), length), () => {
      const wanted = b.mov(deepest)
      b.if(b.lt(length, deepest), () => b.set(wanted, length))
      b.call('skb_pull_data', b.context, wanted)
      b.set(data, b.load(4, b.context, SK_BUFF.data))
      b.set(end, b.load(4, b.context, SK_BUFF.data_end))
    })
  })
  return { hook, data, end, length }
}

/**
 * Hides from the verifier four bits of a register, from the lowest on and from `other` on if that is given, where ways meet that gave it different numbers: else it follows each of them, with
 * all that lies behind, by itself. Nothing changes: a frame is shorter than 2²⁸ bytes, which the verifier does not know.
 */
export function emitOpaque(b: ProgramBuilder, { hook }: Pick<Frame, 'hook'>, value: Value, other = 0): void {
  const zero = b.shr(emitLength(b, { hook }), 28)
  b.assign('xor', value, other > 0 ? b.or(zero, b.shl(zero, other)) : zero)
}

/** Bytes of the whole frame, read anew: the verifier knows nothing of them that it learned on the way. */
export function emitLength(b: ProgramBuilder, { hook }: Pick<Frame, 'hook'>): Value {
  if (hook === 'tc') return b.load(4, b.context, SK_BUFF.len)
  const { data, end } = b.packet()
  return b.sub(end, data)
}
