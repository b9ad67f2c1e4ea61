/**
 * Flow tables in maps, one set per family and node, shared by all its stateful filters: the flows by key, each filter with a
 * number of its own in it; and an array in which each filter owns a run of slots, as many as its quota. A flow is kept as long as a slot
 * names it, so that no filter can take another's room. `policy/flow-table.ts` is the meaning.
 *
 * What two CPUs may do to one another (a program runs to its end on one):
 * - A slot is written by one at a time: who finds its lock taken tries the next slot. None waits.
 * - A flow belongs to the slot whose number it bears, and to no other: a slot that names a flow of another slot is free. So two CPUs
 *   that open the same flow at once leave one flow, and one free slot.
 * - A flow may be forgotten because one CPU gave its slot away in the moment in which another confirmed it, and a new flow refused
 *   because others hold the locks of all slots tried. Both deny; neither allows.
 * - The kernel may give a deleted flow's memory to a new one at once, under the hand of a CPU that has just looked it up. What is written in
 *   place, a deadline and a state, can then reach another flow, and does no harm: whether that flow is allowed depends on its opener,
 *   its end and its epoch, which are written with the whole flow only. What is read may be another flow's: one packet
 *   of a flow that ended may pass, if it is looked up within the nanoseconds in which its memory changes hands. It opens nothing.
 */
import { MAP_FLAG, type MapSpec } from '../bpf/index.ts'
import type { Family } from '../net/index.ts'

/**
 * Key, in network order as on the wire unless said otherwise: local address, remote address (4 or 16 bytes each), local port
 * (2), remote port (2), owner (4, native order): protocol in the upper byte, number of the filter below it.
 */
export const flowKey = {
  4: { local: 0, remote: 4, ports: 8, owner: 12, size: 16 },
  6: { local: 0, remote: 16, ports: 32, owner: 36, size: 40 },
} as const

/**
 * Value, native order: deadline and absolute end (u64 each, nanoseconds of the coarse monotonic clock; {@link endless}: none); state (u8, index
 * in `flowStates`); whether the last word was a reset (u8); opener (u8, {@link sideNumber}); unused (u8); epoch (u32); slot
 * (u32); number of the rule that opened it, in its point and epoch (u32); of TCP the initial sequence numbers of opener and other side, in
 * network order (u32 each).
 */
export const flowValue = {
  deadline: 0,
  until: 8,
  state: 16,
  reset: 17,
  opener: 18,
  epoch: 20,
  slot: 24,
  rule: 28,
  openerIss: 32,
  otherIss: 36,
  size: 40,
} as const

/** `until` of flows that end only when they are idle. */
export const endless = (1n << 64n) - 1n

export const sideNumber = { local: 0, remote: 1 } as const

/** Slot: lock (u32), unused (u32), key. */
export const flowSlot = { lock: 0, key: 8 } as const

/** Cursor: of each filter one (u32) for each family. */
export const flowCursor = { 4: 0, 6: 4, size: 8 } as const

/** What the flow tier of one family uses. */
export interface FlowMaps {
  readonly flows: MapSpec
  readonly slots: MapSpec
  readonly cursors: MapSpec
}

/**
 * @param filters how many filter numbers there are: one more than the largest
 * @param slots of each filter and family: the largest quota
 */
export function flowMaps(filters: number, slots: number): Readonly<Record<Family, FlowMaps>> {
  const cursors: MapSpec = Object.freeze({
    name: 'flow_cursors',
    type: 'array',
    keySize: 4,
    valueSize: flowCursor.size,
    maxEntries: filters,
  })
  const of = (family: Family): FlowMaps =>
    Object.freeze({
      flows: Object.freeze({
        name: `flows${family}`,
        type: 'hash',
        keySize: flowKey[family].size,
        valueSize: flowValue.size,
        maxEntries: filters * slots,
        // Memory for flows that there are, not for all that there may be.
        flags: MAP_FLAG.noPrealloc,
      }),
      slots: Object.freeze({
        name: `flow_slots${family}`,
        type: 'array',
        keySize: 4,
        valueSize: flowSlot.key + flowKey[family].size,
        maxEntries: filters * slots,
      }),
      cursors,
    })
  return { 4: of(4), 6: of(6) }
}
