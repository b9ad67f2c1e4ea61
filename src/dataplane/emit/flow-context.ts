/** What the parts of the flow tier's code share. */
import type { Label, ProgramBuilder, StackSlot, Value } from '../../bpf/index.ts'
import type { Family } from '../../net/index.ts'
import { type FlowUse, flowStates } from '../../policy/index.ts'
import { icmpEcho } from '../../wire/index.ts'
import { type FlowMaps, flowValue, sideNumber } from '../flow-map.ts'
import type { Frame } from './frame.ts'
import type { Parsed } from './parse.ts'

/** Parameters: number of the filter in its node; its first slot; its quota; generation of the rules. */
export const filterNumber = 'filter'
export const firstSlot = 'first-slot'
export const slotQuota = 'quota'
export const rulesEpoch = 'epoch'
/** Parameter: the eight bytes from a flow's state on, if it is established, not reset, of this epoch, opened by `local`. */
export const establishedWord = 'established'

export const establishedWordOf = (epoch: number): bigint =>
  (BigInt(epoch) << 32n) | BigInt(flowStates.indexOf('established'))

export const openerBit = 1 << (8 * (flowValue.opener - flowValue.state))

export interface FlowContext {
  readonly b: ProgramBuilder
  readonly frame: Frame
  readonly parsed: Parsed
  readonly heading: FlowUse['heading']
  readonly maps: FlowMaps
  /** The key of the packet's flow, for what comes after the tier. */
  readonly key: StackSlot
  /** Room for a value. */
  readonly value: StackSlot
}

/** Whether the packet comes from the flow's opener: 1 or 0. @param word as loaded from the flow's state on */
export function byOpener({ b, heading }: Pick<FlowContext, 'b' | 'heading'>, word: Value): Value {
  const opener = b.and(b.shr(word, 8 * (flowValue.opener - flowValue.state)), 1)
  return heading === 'to-local' ? opener : b.xor(opener, sideNumber.remote)
}

/** Jumps to `ended` if the flow is forgotten. */
export function emitIfEnded(b: ProgramBuilder, flow: Value, now: Value, ended: Label): void {
  b.jumpIf(b.ge(now, b.load(8, flow, flowValue.deadline)), ended)
  b.jumpIf(b.ge(now, b.load(8, flow, flowValue.until)), ended)
}

/** Of ICMP that is no error: jumps to `untracked` if it is neither a request nor a reply of echo. */
export function emitIfUntracked(b: ProgramBuilder, { family, detail }: Parsed, untracked: Label): void {
  const echo = b.label('echo')
  const type = b.and(detail, 0xff)
  b.jumpIf(b.eq(type, icmpEcho[family].request), echo)
  b.jumpIf(b.ne(type, icmpEcho[family].reply), untracked)
  b.place(echo)
}

/** What judging a flow again leads to. */
export interface RejudgeAnswers {
  readonly allowed: Label
  readonly denied: Label
  /** To be set where the flow is to end at a time; else as it is. */
  readonly until: Value
}

const words = (family: Family): readonly { size: 4 | 8; at: number }[] =>
  family === 4
    ? [{ size: 4, at: 0 }]
    : [
        { size: 8, at: 0 },
        { size: 8, at: 8 },
      ]

/** An address of the frame, from an offset, to an offset of a key. */
export function copyAddress(
  b: ProgramBuilder,
  frame: Frame,
  family: Family,
  from: number,
  key: StackSlot,
  to: number,
): void {
  for (const word of words(family))
    b.store(word.size, key, to + word.at, b.load(word.size, frame.data, from + word.at))
}
