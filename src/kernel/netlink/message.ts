/**
 * The rtnetlink message format (RFC 3549 section 2.3, linux/netlink.h): a 16-byte header, a fixed part that depends on the type,
 * then attributes, each a 16-bit length, a 16-bit type and a value padded to 4 bytes. Numbers are in host order, which is little
 * endian on every processor that this folder knows; addresses and ports are in network order.
 */
import { align4 } from '../memory.ts'

/** One request, as a value: nothing is sent before it is part of a batch. */
export interface NetlinkRequest {
  /** `RTM_*` */
  readonly type: number
  /** `NLM_F_*` without `REQUEST` and `ACK`, which the socket adds. */
  readonly flags: number
  /** Fixed part and attributes. */
  readonly payload: Uint8Array
  /** For errors; starts with a verb: `add route 10.0.0.0/8`. */
  readonly what: string
}

export const NLM_F_REQUEST = 0x1
export const NLM_F_ACK = 0x4
/** Of new objects: take the place of the old one, refuse if there is one, make one if there is none. */
export const NLM_F_REPLACE = 0x100
export const NLM_F_EXCL = 0x200
export const NLM_F_CREATE = 0x400
/** Of questions: all objects. */
export const NLM_F_DUMP = 0x300

export const headerSize = 16
const nested = 0x8000

/** An attribute with a value of bytes, or of attributes. */
export function attribute(type: number, value: Uint8Array | readonly Uint8Array[]): Uint8Array {
  const bytes = value instanceof Uint8Array ? value : concatenate(value)
  const length = 4 + bytes.length
  const out = new Uint8Array(align4(length))
  const view = new DataView(out.buffer)
  view.setUint16(0, length, true)
  view.setUint16(2, value instanceof Uint8Array ? type : type | nested, true)
  out.set(bytes, 4)
  return out
}

export const u8 = (value: number): Uint8Array => Uint8Array.of(value)

export function u32(value: number): Uint8Array {
  const out = new Uint8Array(4)
  new DataView(out.buffer).setUint32(0, value, true)
  return out
}

/** Text with the closing zero that the kernel expects of interface names and kinds. */
export const text = (value: string): Uint8Array => new TextEncoder().encode(`${value}\0`)

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Values by attribute type; of attributes that occur twice the last one. Stops at the first that overruns `bytes`. */
export function readAttributes(bytes: Uint8Array): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>()
  for (const [type, value] of eachAttribute(bytes)) found.set(type, value)
  return found
}

export function* eachAttribute(bytes: Uint8Array): Iterable<readonly [type: number, value: Uint8Array]> {
  const view = viewOf(bytes)
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = view.getUint16(at, true)
    if (length < 4 || at + length > bytes.length) return
    yield [view.getUint16(at + 2, true) & 0x3fff, bytes.subarray(at + 4, at + length)]
    at += align4(length)
  }
}

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Text of an attribute, without its closing zero. */
export function readText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end))
}

/** A message as it came: `sequence` tells to which request it belongs. */
export interface NetlinkMessage {
  readonly type: number
  readonly flags: number
  readonly sequence: number
  readonly payload: Uint8Array
}

/** Splits what one `recv` returned. */
export function* readMessages(bytes: Uint8Array): Iterable<NetlinkMessage> {
  const view = viewOf(bytes)
  for (let at = 0; at + headerSize <= bytes.length; ) {
    const length = view.getUint32(at, true)
    if (length < headerSize || at + length > bytes.length) return
    yield {
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      payload: bytes.subarray(at + headerSize, at + length),
    }
    at += align4(length)
  }
}

/** Writes a request with its header at `at`; returns where the next one goes. */
export function writeRequest(
  target: Uint8Array,
  at: number,
  request: NetlinkRequest,
  flags: number,
  sequence: number,
): number {
  const length = headerSize + request.payload.length
  const view = viewOf(target)
  view.setUint32(at, length, true)
  view.setUint16(at + 4, request.type, true)
  view.setUint16(at + 6, request.flags | flags, true)
  view.setUint32(at + 8, sequence, true)
  view.setUint32(at + 12, 0, true)
  target.set(request.payload, at + headerSize)
  return at + align4(length)
}
