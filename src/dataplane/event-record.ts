/** Records of a node's ring buffer as values; `event-map.ts` says what is at which byte. */
import { eventField, eventSize } from './event-map.ts'

export interface EventRecord {
  /** Nanoseconds of the monotonic clock. */
  readonly time: bigint
  /** Slot of the rule among the node's counters. */
  readonly slot: number
  /** Index of the interface in the node. */
  readonly interface: number
  /** Bytes of the whole frame. */
  readonly length: number
  /** One of `eventKind`. */
  readonly kind: number
  /** The beginning of the frame; a copy. */
  readonly frame: Uint8Array
}

/** Throws `RangeError` for bytes that are no record. */
export function decodeRecord(bytes: Uint8Array): EventRecord {
  if (bytes.length !== eventSize)
    throw new RangeError(`decode event: ${bytes.length} bytes, not ${eventSize}; read a ring named 'events'`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const captured = view.getUint32(eventField.captured, true)
  if (captured > eventSize - eventField.frame)
    throw new RangeError(`decode event: it claims ${captured} bytes of frame; read a ring named 'events'`)
  return {
    time: view.getBigUint64(eventField.time, true),
    slot: view.getUint32(eventField.slot, true),
    interface: view.getUint32(eventField.interface, true),
    length: view.getUint32(eventField.length, true),
    kind: view.getUint32(eventField.kind, true),
    frame: bytes.slice(eventField.frame, eventField.frame + captured),
  }
}
