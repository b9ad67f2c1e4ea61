/** The flow tier as code: `FlowTier` in `policy/point.ts` is its meaning, `flow-map.ts` its memory. */

import type { Label, MapSpec, ProgramBuilder, StackSlot, Value } from '../../bpf/index.ts'
import { type Family, icmpOf, Protocol } from '../../net/index.ts'
import { type FlowUse, flowTimeout, openingFlags } from '../../policy/index.ts'
import { icmpEcho } from '../../wire/index.ts'
import { flowKey, flowValue } from '../flow-map.ts'
import type { Frame } from './frame.ts'
import { at, type Parsed } from './parse.ts'
import { emitIfError, emitQuoted, emitSameAddress, swapPorts } from './quoted.ts'

/** Parameter: number of the filter in its node. */
export const filterNumber = 'filter'

export interface FlowContext {
  readonly heading: FlowUse['heading']
  readonly maps: Readonly<Record<Family, MapSpec>>
}

/** Where the tier's answers go. */
export interface FlowLabels {
  readonly established: Label
  readonly related: Label
  readonly noFlow: Label
}

/**
 * Emits the tier for a packet; falls through if it may open a flow. Returns the key of its flow on the stack, for
 * {@link emitOpen}.
 */
export function emitFlowTier(
  b: ProgramBuilder,
  frame: Frame,
  parsed: Parsed,
  context: FlowContext,
  labels: FlowLabels,
): StackSlot {
  const { family } = parsed
  const key = b.stack(flowKey[family].size, 8)
  const ordinary = b.label('ordinary')
  const error = b.label('error')
  emitIfError(b, parsed, error)
  b.jump(ordinary)

  b.place(error)
  emitQuotedKey(b, frame, parsed, context, key, labels.noFlow)
  emitTouch(b, context.maps[family], key, labels.related, labels.noFlow)

  b.place(ordinary)
  emitKey(b, frame, parsed, context, key)
  const unknown = b.label('unknown')
  emitTouch(b, context.maps[family], key, labels.established, unknown)
  b.place(unknown)
  emitMayOpen(b, parsed, labels.noFlow)
  return key
}

/** What a flow is opened with. */
export interface OpeningFlow {
  readonly key: StackSlot
  /** `flowValue.size` bytes, which all openings of a program may share. */
  readonly value: StackSlot
  readonly rule: Value
  /** When it ends, whatever is seen of it; absent: never. */
  readonly until?: Value | undefined
}

/** Records the flow of the packet. */
export function emitOpen(b: ProgramBuilder, map: MapSpec, { key, value, rule, until }: OpeningFlow): void {
  b.store(8, value, flowValue.lastSeen, b.call('ktime_get_coarse_ns'))
  b.store(4, value, flowValue.rule, rule)
  b.store(4, value, flowValue.rule + 4, 0)
  b.store(8, value, flowValue.until, until ?? 0)
  b.mapUpdate(map, key, value, 0)
}

function emitKey(
  b: ProgramBuilder,
  frame: Frame,
  parsed: Parsed,
  context: FlowContext,
  key: StackSlot,
): void {
  const { family, protocol, ports } = parsed
  const { source, destination } = at[family]
  const toLocal = context.heading === 'to-local'
  const field = flowKey[family]
  copyAddress(b, frame, family, toLocal ? destination : source, key, field.local)
  copyAddress(b, frame, family, toLocal ? source : destination, key, field.remote)
  b.store(4, key, field.ports, toLocal ? swapPorts(b, ports) : ports)
  b.store(4, key, field.owner, b.or(b.shl(protocol, 24), b.parameter(filterNumber)))
}

/** The key of the flow that an ICMP error is about; jumps to `none` if it quotes none or was sent to somebody else. */
function emitQuotedKey(
  b: ProgramBuilder,
  frame: Frame,
  parsed: Parsed,
  context: FlowContext,
  key: StackSlot,
  none: Label,
): void {
  const { family } = parsed
  const quoted = emitQuoted(b, frame, parsed, none)
  emitSameAddress(b, frame, family, at[family].destination, quoted.source, none)
  const toLocal = context.heading === 'to-local'
  const field = flowKey[family]
  copyAddress(b, frame, family, toLocal ? quoted.source : quoted.destination, key, field.local)
  copyAddress(b, frame, family, toLocal ? quoted.destination : quoted.source, key, field.remote)
  b.store(4, key, field.ports, toLocal ? quoted.ports : swapPorts(b, quoted.ports))
  b.store(4, key, field.owner, b.or(b.shl(quoted.protocol, 24), b.parameter(filterNumber)))
}

/** Jumps to `known` if the flow is in the table and not timed out, noting that it was seen; else to `unknown`. */
function emitTouch(b: ProgramBuilder, map: MapSpec, key: StackSlot, known: Label, unknown: Label): void {
  const flow = b.mapLookup(map, key)
  b.jumpIf(b.eq(flow, 0), unknown)
  const seen = b.load(8, flow, flowValue.lastSeen)
  const now = b.call('ktime_get_coarse_ns')
  const age = b.sub(now, seen)
  const { owner } = map.keySize === flowKey[4].size ? flowKey[4] : flowKey[6]
  const protocol = b.load(1, key, owner + 3)
  const limit = b.mov(flowTimeout(Protocol.icmp))
  b.if(b.eq(protocol, Protocol.tcp), () => b.set(limit, flowTimeout(Protocol.tcp)))
  b.if(b.eq(protocol, Protocol.udp), () => b.set(limit, flowTimeout(Protocol.udp)))
  b.jumpIf(b.sge(age, limit), unknown)
  const until = b.load(8, flow, flowValue.until)
  b.jumpIf(b.all(b.ne(until, 0), b.ge(now, until)), unknown)
  b.store(8, flow, flowValue.lastSeen, now)
  b.jump(known)
}

function emitMayOpen(b: ProgramBuilder, { family, protocol, detail }: Parsed, noFlow: Label): void {
  const opens = b.label('opens')
  const notTcp = b.label('not-tcp')
  b.jumpIf(b.ne(protocol, Protocol.tcp), notTcp)
  b.jumpIf(b.ne(b.and(detail, openingFlags.mask), openingFlags.value), noFlow)
  b.jump(opens)
  b.place(notTcp)
  b.jumpIf(b.ne(protocol, icmpOf(family)), opens)
  b.jumpIf(b.eq(b.and(detail, 0xff), icmpEcho[family].reply), noFlow)
  b.place(opens)
}

const words = (family: Family): readonly { size: 4 | 8; at: number }[] =>
  family === 4
    ? [{ size: 4, at: 0 }]
    : [
        { size: 8, at: 0 },
        { size: 8, at: 8 },
      ]

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
