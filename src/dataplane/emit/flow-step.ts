/** What a packet makes of a living flow, as code: `stepOf` in `policy/flow-state.ts` is its meaning. */
import type { Label, ProgramBuilder, StackSlot, Value } from '../../bpf/index.ts'
import { icmpOf, Protocol } from '../../net/index.ts'
import {
  type FlowState,
  flowLife,
  flowSeconds,
  flowStates,
  handshakeWindow,
  kindOfFlags,
  openingFlags,
  type PacketKind,
} from '../../policy/index.ts'
import { icmpEcho } from '../../wire/index.ts'
import { flowValue } from '../flow-map.ts'
import { byOpener, type FlowContext } from './flow-context.ts'
import { at, type Parsed, transportAt } from './parse.ts'

/** What a packet that passes makes of its flow, beside the number of a state. */
export const passing = {
  unchanged: flowStates.length,
  reset: flowStates.length + 1,
  /** The flow lives on as it is, half open. */
  renew: flowStates.length + 2,
  /** Nanoseconds. */
  resetLife: BigInt(flowSeconds.reset) * 1_000_000_000n,
} as const

export const stateNumber = (state: FlowState): number => flowStates.indexOf(state)

/** TCP flags of a kind, under `openingFlags.mask`. */
const flagsOf = (kind: PacketKind): readonly number[] =>
  Object.entries(kindOfFlags).flatMap(([flags, of]) => (of === kind ? [Number(flags)] : []))
const [synAck, ack, fin] = [flagsOf('syn-ack')[0], flagsOf('ack')[0], flagsOf('fin')[0]] as [
  number,
  number,
  number,
]
const state = {
  opening: stateNumber('opening'),
  synAck: stateNumber('syn-ack'),
  answered: stateNumber('answered'),
  established: stateNumber('established'),
  remoteClosed: stateNumber('remote-closed'),
  localClosed: stateNumber('local-closed'),
  closed: stateNumber('closed'),
}

type HeaderContext = Pick<FlowContext, 'b' | 'frame' | 'parsed'>
export type StepContext = HeaderContext & Pick<FlowContext, 'heading'>

/**
 * Falls through for packets that pass, with the number of the flow's next state or one of {@link passing}; others are the first of
 * another flow, or stray.
 * @param word the eight bytes from the flow's state on
 */
export function emitStep(
  context: StepContext,
  place: ProgressPlace,
  word: Value,
  opens: Label,
  stray: Label,
): Value {
  const { b, parsed } = context
  const { family, protocol, detail } = parsed
  const fromLocal = context.heading === 'from-local'
  const next = b.mov(passing.unchanged)
  const now = b.and(word, 0xff)
  const opener = byOpener(context, word)
  const [tcp, done] = [b.label('tcp'), b.label('stepped')]
  b.jumpIf(b.eq(protocol, Protocol.tcp), tcp)

  b.if(b.eq(protocol, icmpOf(family)), () => {
    const reply = b.eq(b.and(detail, 0xff), icmpEcho[family].reply)
    b.if(
      reply,
      () => b.jumpIf(b.ne(opener, 0), stray),
      () => b.jumpIf(b.eq(opener, 0), opens),
    )
  })
  b.set(next, now)
  const answers = () => b.if(b.eq(now, state.opening), () => b.set(next, state.answered))
  const confirms = () => b.if(b.eq(now, state.answered), () => b.set(next, state.established))
  if (fromLocal) b.if(b.ne(opener, 0), confirms, answers)
  else b.if(b.eq(opener, 0), answers)
  b.jump(done)

  b.place(tcp)
  const flags = b.and(detail, openingFlags.mask)
  b.if(b.eq(flags, openingFlags.value), () => {
    b.jumpIf(b.eq(opener, 0), opens)
    b.jumpIf(b.anyBit(word, 0xff << (8 * (flowValue.reset - flowValue.state))), opens)
    b.jumpIf(b.eq(now, state.closed), opens)
    b.jumpIf(b.ge(now, state.answered), done)
    const sequence = emitLoadTcp(context, transportAt.tcpSequence, stray)
    b.jumpIf(b.ne(sequence, b.load(4, place.base, place.openerIss)), opens)
    b.jump(done)
  })
  const [reset, known] = [b.label('reset'), b.label('known-flags')]
  for (const value of flagsOf('reset')) b.jumpIf(b.eq(flags, value), reset)
  for (const value of [ack, fin, synAck]) b.jumpIf(b.eq(flags, value), known)
  b.jump(stray)
  b.place(reset)
  b.jumpIf(b.eq(now, state.closed), done)
  b.set(next, passing.reset)
  if (fromLocal) {
    b.jumpIf(b.lt(now, state.answered), done)
    b.set(next, state.closed)
  }
  b.jump(done)

  b.place(known)
  b.jumpIf(b.eq(now, state.closed), done)
  const shaken = b.label('shaken')
  b.jumpIf(b.ge(now, state.answered), shaken)
  emitHandshake(context, place, { next, now, opener, flags, done, stray })
  b.place(shaken)
  b.set(next, now)
  b.jumpIf(b.ne(flags, fin), done)
  const closing = fromLocal ? state.localClosed : state.remoteClosed
  b.if(
    b.le(now, state.established),
    () => b.set(next, closing),
    () => b.if(b.ne(now, closing), () => b.set(next, state.closed)),
  )
  b.place(done)
  return next
}

/** TCP whose handshake is not over; all ways lead to `done` or `stray`. */
function emitHandshake(
  context: StepContext,
  place: ProgressPlace,
  {
    next,
    now,
    opener,
    flags,
    done,
    stray,
  }: Readonly<Record<'next' | 'now' | 'opener' | 'flags', Value>> & Readonly<Record<'done' | 'stray', Label>>,
): void {
  const { b } = context
  const other = b.label('other')
  const acknowledged = b.bigEndian(emitLoadTcp(context, transportAt.tcpAcknowledgement, stray), 32)
  const fromLocal = context.heading === 'from-local'
  const unlessAcknowledged = (iss: number, most: number) => {
    const heard = b.bigEndian(b.load(4, place.base, iss), 32)
    b.jumpIf(b.gt(b.sub32(b.sub32(acknowledged, heard), 1), most), done)
  }
  b.jumpIf(b.eq(opener, 0), other)
  b.jumpIf(b.eq(now, state.opening), stray)
  b.jumpIf(b.eq(flags, synAck), stray)
  if (fromLocal) b.set(next, passing.renew)
  unlessAcknowledged(place.otherIss, 0)
  b.set(next, state.established)
  b.jumpIf(b.ne(flags, fin), done)
  b.set(next, fromLocal ? state.localClosed : state.remoteClosed)
  b.jump(done)
  b.place(other)
  b.jumpIf(b.eq(flags, fin), stray)
  const answers = b.label('answers')
  b.jumpIf(b.eq(flags, synAck), answers)
  if (fromLocal) b.if(b.eq(now, state.synAck), () => b.set(next, passing.renew))
  b.jump(done)
  b.place(answers)
  unlessAcknowledged(place.openerIss, handshakeWindow)
  b.set(next, state.synAck)
  b.jump(done)
}

/** Four bytes of a TCP header, as loaded from network order. @param none where there is no such header; it is never reached with one parsed */
function emitLoadTcp({ b, frame, parsed }: HeaderContext, offset: number, none: Label): Value {
  const start = at[parsed.family].transport
  b.requireBytes(frame, start + transportAt.tcpEnd, none)
  return b.load(4, frame.data, start + offset)
}

/** Nanoseconds that the flow lives in a state, which is in a register. */
export function lifeByProtocol(b: ProgramBuilder, { protocol, family }: Parsed, next: Value): Value {
  const life = b.mov(flowLife(icmpOf(family), 'opening'))
  const [tcp, done] = [b.label('tcp'), b.label('life')]
  b.jumpIf(b.eq(protocol, Protocol.tcp), tcp)
  b.jumpIf(b.ne(protocol, Protocol.udp), done)
  b.set(life, flowLife(Protocol.udp, 'opening'))
  b.jumpIf(b.eq(next, state.opening), done)
  b.set(life, flowLife(Protocol.udp, 'established'))
  b.jump(done)
  b.place(tcp)
  b.set(life, flowLife(Protocol.tcp, 'closed'))
  b.jumpIf(b.eq(next, state.closed), done)
  b.set(life, flowLife(Protocol.tcp, 'local-closed'))
  b.jumpIf(b.ge(next, state.localClosed), done)
  b.set(life, flowLife(Protocol.tcp, 'established'))
  b.jumpIf(b.ge(next, state.answered), done)
  b.set(life, flowLife(Protocol.tcp, 'opening'))
  b.place(done)
  return life
}

/** Where a value holds how far a flow has come; see `flowValue`. */
export interface ProgressPlace {
  readonly base: Value | StackSlot
  readonly deadline: number
  readonly state: number
  readonly reset: number
  readonly openerIss: number
  readonly otherIss: number
}

/** Writes the numbers of a flow's first packet: of `startOf` in `policy/flow-state.ts`. @param none see {@link emitLoadTcp} */
export function emitStart(
  context: HeaderContext,
  { base, openerIss, otherIss }: ProgressPlace,
  none: Label,
): void {
  const { b, parsed } = context
  b.store(4, base, openerIss, 0)
  b.store(4, base, otherIss, 0)
  b.if(b.eq(parsed.protocol, Protocol.tcp), () =>
    b.store(4, base, openerIss, emitLoadTcp(context, transportAt.tcpSequence, none)),
  )
}

/** Writes what a packet made of its flow: `advance` in `policy/flow-state.ts`. @param next as {@link emitStep} says */
export function emitAdvance(
  context: HeaderContext,
  { base, deadline, state: stateAt, reset: resetAt, otherIss }: ProgressPlace,
  now: Value,
  next: Value,
): void {
  const { b, parsed } = context
  const [reset, renew, done] = [b.label('reset'), b.label('renew'), b.label('changed')]
  b.jumpIf(b.eq(next, passing.unchanged), done)
  b.jumpIf(b.eq(next, passing.reset), reset)
  b.jumpIf(b.eq(next, passing.renew), renew)
  b.if(b.eq(next, state.synAck), () =>
    b.store(4, base, otherIss, emitLoadTcp(context, transportAt.tcpSequence, done)),
  )
  b.store(2, base, stateAt, next)
  b.store(8, base, deadline, b.add(now, lifeByProtocol(b, parsed, next)))
  b.jump(done)
  b.place(renew)
  b.store(8, base, deadline, b.add(now, flowLife(Protocol.tcp, 'syn-ack')))
  b.jump(done)
  b.place(reset)
  b.store(1, base, resetAt, 1)
  const soon = b.add(now, passing.resetLife)
  b.jumpIf(b.ge(soon, b.load(8, base, deadline)), done)
  b.store(8, base, deadline, soon)
  b.place(done)
}

/** Jumps to `cannot` if the packet opens no flow: `mayOpen` in `policy/flow-state.ts`. Of ICMP it must be echo. */
export function emitMayOpen(b: ProgramBuilder, { family, protocol, detail }: Parsed, cannot: Label): void {
  const opens = b.label('opens')
  const notTcp = b.label('not-tcp')
  b.jumpIf(b.ne(protocol, Protocol.tcp), notTcp)
  b.jumpIf(b.ne(b.and(detail, openingFlags.mask), openingFlags.value), cannot)
  b.jump(opens)
  b.place(notTcp)
  b.jumpIf(b.ne(protocol, icmpOf(family)), opens)
  b.jumpIf(b.eq(b.and(detail, 0xff), icmpEcho[family].reply), cannot)
  b.place(opens)
}

/** Jumps to `gives` if a flow in this state gives way to another: `isConfirmed` in `policy/flow-state.ts` is the opposite. */
export function emitIfGivesWay(b: ProgramBuilder, state: Value, gives: Label): void {
  const confirmed = b.label('confirmed')
  emitIfConfirmed(b, state, confirmed)
  b.jump(gives)
  b.place(confirmed)
}

/** Jumps to `confirmed` by a number of a state; with the reset beside it in the second byte, only if there was none. */
export function emitIfConfirmed(b: ProgramBuilder, number: Value, confirmed: Label): void {
  b.jumpIf(b.eq(number, state.established), confirmed)
  b.jumpIf(b.eq(number, state.remoteClosed), confirmed)
}
