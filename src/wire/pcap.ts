/** Packet captures in the classic libpcap file format, nanosecond variant (IETF draft-ietf-opsawg-pcap). */
import { concat } from './bytes.ts'

/** Magic number whose timestamps have nanoseconds; written in little-endian order here. */
const magic = 0xa1b23c4d
const headerLength = 24
const recordHeaderLength = 16
/** LINKTYPE_ETHERNET. */
const linkType = 1
const snapLength = 0x40000

export interface CapturedFrame {
  /** Nanoseconds since 1970-01-01 UTC. */
  readonly time: bigint
  /** From the Ethernet header on. */
  readonly frame: Uint8Array
}

/** What a capture file starts with; records follow one after the other. */
export function pcapHeader(): Uint8Array {
  const view = new DataView(new ArrayBuffer(headerLength))
  view.setUint32(0, magic, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, snapLength, true)
  view.setUint32(20, linkType, true)
  return new Uint8Array(view.buffer)
}

export function pcapRecord({ time, frame }: CapturedFrame): Uint8Array {
  const view = new DataView(new ArrayBuffer(recordHeaderLength))
  view.setUint32(0, Number(time / 1_000_000_000n), true)
  view.setUint32(4, Number(time % 1_000_000_000n), true)
  view.setUint32(8, frame.length, true)
  view.setUint32(12, frame.length, true)
  return concat(new Uint8Array(view.buffer), frame)
}

/** A whole capture file. */
export const writePcap = (frames: readonly CapturedFrame[]): Uint8Array =>
  concat(pcapHeader(), ...frames.map(pcapRecord))

/**
 * Reads what `writePcap` writes, and files of other tools in either byte order, with micro- or nanoseconds. A record
 * that is cut off ends the list, as in a file that is still being written. Throws `TypeError` on what is no Ethernet capture.
 */
export function readPcap(bytes: Uint8Array): CapturedFrame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const format =
    bytes.length < headerLength ? undefined : formats.find((f) => view.getUint32(0, f.little) === f.magic)
  if (!format || view.getUint32(20, format.little) !== linkType)
    throw new TypeError(
      'read capture: not an Ethernet capture in pcap format; convert it with `editcap -F pcap`',
    )
  const frames: CapturedFrame[] = []
  for (let at = headerLength; at + recordHeaderLength <= bytes.length; ) {
    const length = view.getUint32(at + 8, format.little)
    const start = at + recordHeaderLength
    if (start + length > bytes.length) break
    const fraction = view.getUint32(at + 4, format.little) * format.unit
    const time = BigInt(view.getUint32(at, format.little)) * 1_000_000_000n + BigInt(fraction)
    frames.push({ time, frame: bytes.slice(start, start + length) })
    at = start + length
  }
  return frames
}

const formats = [true, false].flatMap((little) => [
  { little, magic, unit: 1 },
  { little, magic: 0xa1b2c3d4, unit: 1000 },
])
