/** The flow tier as code: `FlowTier` in `policy/point.ts` is its meaning, `flow-map.ts` its memory. */

import {
  type Label,
  type MapSpec,
  type ProgramBuilder,
  type StackSlot,
  UPDATE,
  type Value,
} from '../../bpf/index.ts'
import { icmpOf, Protocol } from '../../net/index.ts'
import { flowLife, kindOfFlags, openingFlags } from '../../policy/index.ts'
import { endless, flowKey, flowValue } from '../flow-map.ts'
import {
  byOpener,
  copyAddress,
  emitIfEnded,
  emitIfUntracked,
  establishedWord,
  type FlowContext,
  filterNumber,
  openerBit,
  type RejudgeAnswers,
  rulesEpoch,
} from './flow-context.ts'
import { emitAdvance, emitMayOpen, emitStep } from './flow-step.ts'
import { emitOpaque } from './frame.ts'
import { at } from './parse.ts'
import { emitIfError, emitQuoted, emitSameAddress, swapPorts } from './quoted.ts'

/** Where the tier's answers go. */
export interface FlowLabels {
  readonly established: Label
  readonly related: Label
  readonly noFlow: Label
  readonly revoked: Label
  /** The next tiers are asked. */
  readonly onward: Label
}

/**
 * Emits the tier for a packet.
 * @param rejudge emits the judgement of the packet that would open the flow; jumps to one of the labels
 */
export function emitFlowTier(
  context: FlowContext,
  labels: FlowLabels,
  rejudge: (byOpener: Value, answers: RejudgeAnswers) => void,
): void {
  const { b, parsed, maps, key } = context
  const { family, protocol } = parsed
  const [ordinary, error, slow, unknown] = [
    b.label('ordinary'),
    b.label('error'),
    b.label('slow'),
    b.label('unknown'),
  ]
  emitKey(context)
  emitIfError(b, parsed, error)
  b.if(b.eq(protocol, icmpOf(family)), () => emitIfUntracked(b, parsed, labels.onward))
  b.jump(ordinary)

  b.place(error)
  emitQuotedKey(context, labels.noFlow)
  const quoted = emitFind(b, maps.flows, key, labels.noFlow)
  b.jumpIf(b.lt(b.load(4, quoted.flow, flowValue.epoch), b.parameter(rulesEpoch)), labels.noFlow)
  b.jump(labels.related)

  b.place(ordinary)
  const { flow, now } = emitFind(b, maps.flows, key, unknown)
  const word = b.load(8, flow, flowValue.state)
  emitEstablished(context, flow, now, word, slow)
  b.jump(labels.established)

  b.place(slow)
  const known = b.mov(flow)
  const place = { base: flow, ...flowValue }
  const next = emitStep(context, place, word, labels.onward, labels.noFlow)
  emitOpaque(b, context.frame, next)
  b.if(b.lt(b.shr(word, 32), b.parameter(rulesEpoch)), () => {
    const [allowed, denied] = [b.label('still-allowed'), b.label('denied')]
    const until = b.mov(endless)
    rejudge(byOpener(context, word), { allowed, denied, until })
    b.place(denied)
    b.mapDelete(maps.flows, key)
    b.jump(labels.revoked)
    b.place(allowed)
    emitRenew(context, flow, until)
    b.set(known, b.mapLookup(maps.flows, key))
    // Another CPU may have forgotten it: the packet is allowed all the same.
    b.jumpIf(b.eq(known, 0), labels.established)
  })
  emitAdvance(context, { ...place, base: known }, now, next)
  b.jump(labels.established)

  b.place(unknown)
  emitMayOpen(b, parsed, labels.noFlow)
  b.jump(labels.onward)
}

/** The flow of a key, if it is known now; else jumps to `unknown`. */
function emitFind(
  b: ProgramBuilder,
  flows: MapSpec,
  key: StackSlot,
  unknown: Label,
): { flow: Value; now: Value } {
  const flow = b.mapLookup(flows, key)
  b.jumpIf(b.eq(flow, 0), unknown)
  const now = b.call('ktime_get_coarse_ns')
  emitIfEnded(b, flow, now, unknown)
  return { flow, now }
}

/** What most packets are: of an established flow of this epoch, and no end of it. Others go to `slow`. */
function emitEstablished(
  { b, parsed: { family, protocol, detail } }: FlowContext,
  flow: Value,
  now: Value,
  word: Value,
  slow: Label,
): void {
  const ack = Number(Object.entries(kindOfFlags).find(([, kind]) => kind === 'ack')?.[0])
  const [done, notTcp] = [b.label('established'), b.label('not-tcp')]
  b.jumpIf(b.ne(b.and(word, ~openerBit), b.parameter(establishedWord)), slow)
  const life = b.mov(flowLife(Protocol.tcp, 'established'))
  b.jumpIf(b.ne(protocol, Protocol.tcp), notTcp)
  b.jumpIf(b.ne(b.and(detail, openingFlags.mask), ack), slow)
  b.jump(done)
  b.place(notTcp)
  b.jumpIf(b.eq(protocol, icmpOf(family)), slow)
  b.set(life, flowLife(Protocol.udp, 'established'))
  b.jumpIf(b.eq(protocol, Protocol.udp), done)
  b.set(life, flowLife(icmpOf(family), 'established'))
  b.place(done)
  b.store(8, flow, flowValue.deadline, b.add(now, life))
}

/** Gives the flow this epoch, and the end that its rules give it, in one step: it is written as a whole. */
function emitRenew({ b, maps, key, value }: FlowContext, flow: Value, until: Value): void {
  for (let offset = 0; offset < flowValue.size; offset += 8)
    b.store(8, value, offset, b.load(8, flow, offset))
  b.store(8, value, flowValue.until, until)
  b.store(4, value, flowValue.epoch, b.parameter(rulesEpoch))
  b.mapUpdate(maps.flows, key, value, UPDATE.exist)
}

function emitKey({ b, frame, parsed, heading, key }: FlowContext): void {
  const { family, protocol, ports } = parsed
  const { source, destination } = at[family]
  const toLocal = heading === 'to-local'
  const field = flowKey[family]
  copyAddress(b, frame, family, toLocal ? destination : source, key, field.local)
  copyAddress(b, frame, family, toLocal ? source : destination, key, field.remote)
  b.store(4, key, field.ports, toLocal ? swapPorts(b, ports) : ports)
  b.store(4, key, field.owner, b.or(b.shl(protocol, 24), b.parameter(filterNumber)))
}

/** The key of the flow that an ICMP error is about; jumps to `none` if it quotes none or was sent to somebody else. */
function emitQuotedKey({ b, frame, parsed, heading, key }: FlowContext, none: Label): void {
  const { family } = parsed
  const quoted = emitQuoted(b, frame, parsed, none)
  emitSameAddress(b, frame, family, at[family].destination, quoted.source, none)
  const toLocal = heading === 'to-local'
  const field = flowKey[family]
  copyAddress(b, frame, family, toLocal ? quoted.source : quoted.destination, key, field.local)
  copyAddress(b, frame, family, toLocal ? quoted.destination : quoted.source, key, field.remote)
  b.store(4, key, field.ports, toLocal ? quoted.ports : swapPorts(b, quoted.ports))
  b.store(4, key, field.owner, b.or(b.shl(quoted.protocol, 24), b.parameter(filterNumber)))
}
