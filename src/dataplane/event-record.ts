/** Records of events as values; `event-map.ts` says what is at which byte. */
import { eventField, eventSize, snapLength } from './event-map.ts'

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

/** The bytes of a record, for what is told otherwise than by a program; of the frame the first `snapLength` bytes. */
export function encodeRecord({ time, slot, interface: index, length, kind, frame }: EventRecord): Uint8Array {
  const bytes = new Uint8Array(eventSize)
  const view = new DataView(bytes.buffer)
  const captured = frame.subarray(0, snapLength)
  view.setBigUint64(eventField.time, time, true)
  view.setUint32(eventField.slot, slot, true)
  view.setUint32(eventField.interface, index, true)
  view.setUint32(eventField.length, length, true)
  view.setUint32(eventField.captured, captured.length, true)
  view.setUint32(eventField.kind, kind, true)
  bytes.set(captured, eventField.frame)
  return bytes
}
