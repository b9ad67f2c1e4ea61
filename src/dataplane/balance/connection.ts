/** Connections lent a port, as code: whose a port is, whether the connection lives, and what a packet makes of it. */
import type { Label, ProgramBuilder, StackSlot, Value } from '../../bpf/index.ts'
import type { Family } from '../../net/index.ts'
import type { FlowUse } from '../../policy/index.ts'
import { emitAdvance, emitStep } from '../emit/flow-step.ts'
import { emitOpaque } from '../emit/frame.ts'
import { addressSize, connectionValue } from './maps.ts'
import type { Place } from './rewrite.ts'
import type { TranslationSteps } from './steps.ts'

/** Jumps to `over` if the connection is forgotten. @param holder value of `owners` */
export function emitIfOver(b: ProgramBuilder, family: Family, holder: Value, now: Value, over: Label): void {
  b.jumpIf(b.ge(now, b.load(8, holder, connectionValue(family).deadline)), over)
}

/** Jumps to `another` unless the port is of a VM with this address. */
export function emitSameAddress(
  b: ProgramBuilder,
  family: Family,
  holder: Value,
  { base, offset }: Place,
  another: Label,
): void {
  const { address } = connectionValue(family)
  for (let word = 0; word < addressSize[family]; word += 4)
    b.jumpIf(b.ne(b.load(4, holder, address + word), b.load(4, base, offset + word)), another)
}

/** Jumps to `another` unless the port is of this address and port. */
export function emitSameEnd(
  b: ProgramBuilder,
  family: Family,
  holder: Value,
  address: Place,
  port: Value,
  another: Label,
): void {
  emitSameAddress(b, family, holder, address, another)
  b.jumpIf(b.ne(b.load(2, holder, connectionValue(family).port), port), another)
}

export interface FollowLabels {
  readonly over: Label
  /** The packet is the first of another connection between the same ends. */
  readonly opens: Label
  readonly stray: Label
}

/**
 * Falls through for a packet of a living connection that may come now, with the connection brought up to date.
 * @param heading `from-local`: the VM sent it
 */
export function emitFollow(
  { family, context }: TranslationSteps,
  heading: FlowUse['heading'],
  holder: Value,
  { over, opens, stray }: FollowLabels,
): void {
  const { b, frame, parsed } = context
  const layout = connectionValue(family)
  const now = b.call('ktime_get_coarse_ns')
  emitIfOver(b, family, holder, now, over)
  const headers = { b, frame, parsed }
  const place = { base: holder, ...layout }
  const next = emitStep({ ...headers, heading }, place, b.load(4, holder, layout.state), opens, stray)
  emitOpaque(b, frame, next)
  emitAdvance(headers, place, now, next)
}

/** Copies an address from one stack slot to another. */
export function copyWords(
  b: ProgramBuilder,
  family: Family,
  from: StackSlot,
  at: number,
  to: StackSlot,
  put: number,
): void {
  for (let word = 0; word < addressSize[family]; word += 4)
    b.store(4, to, put + word, b.load(4, from, at + word))
}
