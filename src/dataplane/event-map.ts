/**
 * Events: what programs tell of packets as they judge them, through one ring buffer per node. Off by default: then a program reads one
 * word and goes on. Each interface of a node tells at most `limit` events a second, so that a flood of packets is no flood of records, and
 * that of one machine does not hide what others do; what was kept back is counted, and so is what found the ring full.
 */
import type { BpfMap, MapSpec } from '../bpf/index.ts'

/** What can be told of a packet. A mode is the sum of the kinds that are wanted. */
export const eventKind = {
  /** A rule denied it. */
  drop: 1,
  /** A rule allowed it, and it opened a flow. */
  flow: 2,
  /** It was allowed otherwise. */
  pass: 4,
  /** A rule that is only audited would have denied it. */
  audit: 8,
} as const

export type EventKind = keyof typeof eventKind

/** Modes by name: what `glacis watch` asks for, and everything. */
export const watchMode = { off: 0, notable: 1 | 2 | 8, all: 1 | 2 | 4 | 8 } as const

/** First bytes of the frame that a record holds. */
export const snapLength = 128

/**
 * A record, in native order: nanoseconds of the monotonic clock (u64), slot of the rule among the node's counters (u32), index of the
 * interface (u32), bytes of the whole frame (u32), bytes of it that are here (u32), kind (u32), unused (u32), the frame's beginning. A
 * frame that the point rewrote is shown as it leaves.
 */
export const eventField = {
  time: 0,
  slot: 8,
  interface: 12,
  length: 16,
  captured: 20,
  kind: 24,
  unused: 28,
  frame: 32,
} as const

export const eventSize = eventField.frame + snapLength

/** Bytes of a node's ring: some 1,500 records. */
const ringSize = 256 * 1024

/** Events that an interface of a node tells in a second, when not said otherwise. */
export const defaultEventLimit = 2000

/** Written by the user: mode (u32), events a second (u32). */
export const watchField = { mode: 0, limit: 4, size: 8 } as const

/** Accounts of interfaces, by the lower bits of their indices: of a node with more interfaces, some share one. A power of two. */
export const tallies = 256

/** Written by programs, for each account: the second that is under way, events told in it, events kept back and lost since the start (u64 each). */
export const tallyField = { second: 0, told: 8, suppressed: 16, lost: 24, size: 32 } as const

/** The maps of a node that take part, by what they are for. */
export interface EventMaps {
  readonly watch: MapSpec
  readonly tally: MapSpec
  readonly ring: MapSpec
}

const array = (name: string, valueSize: number, maxEntries: number): MapSpec =>
  Object.freeze({ name, type: 'array', keySize: 4, valueSize, maxEntries })

export const eventMaps: EventMaps = Object.freeze({
  watch: array('watch', watchField.size, 1),
  tally: array('watch_tally', tallyField.size, tallies),
  ring: Object.freeze({ name: 'events', type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: ringSize }),
})

/** Value of the map `watch`: what is told, and how many events a second at most. */
export function watchValue(mode: number, limit: number = defaultEventLimit): Uint8Array {
  const value = new Uint8Array(watchField.size)
  const view = new DataView(value.buffer)
  view.setUint32(watchField.mode, mode, true)
  view.setUint32(watchField.limit, limit, true)
  return value
}

/** What a node did not tell although it was wanted, since the start. */
export interface Untold {
  /** Kept back, since the second had enough. */
  readonly suppressed: bigint
  /** Found the ring full: the reader is too slow. */
  readonly lost: bigint
}

export function readUntold(tally: BpfMap): Untold {
  let [suppressed, lost] = [0n, 0n]
  for (const [, value] of tally.lookupBatch()) {
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
    suppressed += view.getBigUint64(tallyField.suppressed, true)
    lost += view.getBigUint64(tallyField.lost, true)
  }
  return { suppressed, lost }
}
