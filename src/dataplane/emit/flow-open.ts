/** Remembering a flow that a rule allowed, as code: `FlowTable.open` in `policy/flow-table.ts` is its meaning. */
import type { Label, Value } from '../../bpf/index.ts'
import { icmpOf } from '../../net/index.ts'
import { senderOf } from '../../policy/index.ts'
import { flowCursor, flowSlot, flowValue, sideNumber } from '../flow-map.ts'
import { emitClaimSlot } from './claim-slot.ts'
import {
  emitIfEnded,
  emitIfUntracked,
  type FlowContext,
  filterNumber,
  firstSlot,
  rulesEpoch,
  slotQuota,
} from './flow-context.ts'
import { emitIfConfirmed, emitIfGivesWay, emitStart, lifeByProtocol, stateNumber } from './flow-step.ts'
import { emitOpaque } from './frame.ts'

/** What a flow is opened with. */
export interface NewFlow {
  /** Number of the rule that allowed it, in its lower three bytes. */
  readonly rule: Value
  /** When it ends, whatever is seen of it. */
  readonly until: Value
}

/** Largest number of a rule in its point. */
export const maxRule = 0xffffff

export interface OpenLabels {
  readonly opened: Label
  /** The packet is of a flow that goes on as it is, or of none. */
  readonly kept: Label
  readonly full: Label
}

/** Opens the flow whose key is in the context, and jumps on. */
export function emitOpen(context: FlowContext, flow: NewFlow, { opened, kept, full }: OpenLabels): void {
  const { b, parsed, maps, key } = context
  const { family, protocol } = parsed
  const claim = b.label('claim')
  const now = b.call('ktime_get_coarse_ns')
  emitOpaque(b, context.frame, flow.rule)
  b.if(b.eq(protocol, icmpOf(family)), () => emitIfUntracked(b, parsed, kept))
  emitValue(context, now, flow, full)

  const known = b.mapLookup(maps.flows, key)
  b.jumpIf(b.eq(known, 0), claim)
  emitIfLivingConfirmed(context, known, now, kept)
  b.mapDelete(maps.flows, key)
  b.place(claim)
  emitClaim(context, now, { opened, kept, full })
}

/** Jumps to `kept` if the flow lives, is confirmed and was not reset. */
function emitIfLivingConfirmed({ b }: FlowContext, flow: Value, now: Value, kept: Label): void {
  const not = b.label('replace')
  emitIfEnded(b, flow, now, not)
  // State and reset in one: a reset makes it larger than any state.
  const state = b.load(2, flow, flowValue.state)
  emitIfConfirmed(b, state, kept)
  b.place(not)
}

function emitValue(context: FlowContext, now: Value, { rule, until }: NewFlow, none: Label): void {
  const { b, parsed, heading, value } = context
  const state = stateNumber('opening')
  const opener = sideNumber[senderOf(heading)]
  b.store(8, value, flowValue.deadline, b.add(now, lifeByProtocol(b, parsed, b.mov(state))))
  b.store(8, value, flowValue.until, until)
  b.store(4, value, flowValue.state, state | (opener << (8 * (flowValue.opener - flowValue.state))))
  b.store(4, value, flowValue.epoch, b.parameter(rulesEpoch))
  b.store(4, value, flowValue.rule, b.and(rule, maxRule))
  emitStart(context, { base: value, ...flowValue }, none)
}

/** Takes a slot of the filter and enters the flow; all ways lead to one of the labels. */
function emitClaim(context: FlowContext, now: Value, { opened, kept, full }: OpenLabels): void {
  const { b, maps, parsed, key, value } = context
  const number = b.stack(4, 4)
  b.store(4, number, 0, b.parameter(filterNumber))
  const cursor = b.mapLookup(maps.cursors, number)
  b.jumpIf(b.eq(cursor, 0), full)
  emitClaimSlot(
    b,
    {
      slots: maps.slots,
      at: { lock: flowSlot.lock, holder: flowSlot.key },
      key,
      map: maps.flows,
      value,
      next() {
        const turn = b.atomicFetchAdd(4, cursor, flowCursor[parsed.family], 1)
        const index = b.add(b.mod(turn, b.parameter(slotQuota)), b.parameter(firstSlot))
        b.store(4, number, 0, index)
        b.store(4, value, flowValue.slot, index)
        return { index, number }
      },
      release(slot, index, { free, stays }) {
        const give = b.label('give')
        const holder = b.mapLookup(maps.flows, b.add(slot, flowSlot.key))
        b.jumpIf(b.eq(holder, 0), free)
        b.jumpIf(b.ne(b.load(4, holder, flowValue.slot), index), free)
        emitIfEnded(b, holder, now, give)
        emitIfGivesWay(b, b.load(1, holder, flowValue.state), give)
        b.jump(stays)
        b.place(give)
        b.mapDelete(maps.flows, b.add(slot, flowSlot.key))
      },
    },
    { opened, raced: kept, full },
  )
}
