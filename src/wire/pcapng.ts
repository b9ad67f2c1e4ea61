/**
 * Packet captures in the pcapng format (IETF draft-ietf-opsawg-pcapng): interfaces with names, and with each packet a comment and its
 * direction. Blocks are written one after the other, so that a file can be read while it grows. Little-endian, as this writes it.
 */
import { concat } from './bytes.ts'

/** Section 4.1 and following. */
const blockType = { section: 0x0a0d0d0a, interface: 1, packet: 6 } as const
const byteOrderMagic = 0x1a2b3c4d
/** LINKTYPE_ETHERNET. */
const linkType = 1
const option = { end: 0, comment: 1 } as const
const sectionOption = { application: 4 } as const
const interfaceOption = { name: 2, description: 3, timeResolution: 9 } as const
const packetOption = { flags: 2 } as const
/** Nanoseconds: ten to the minus ninth. */
const nanoseconds = 9
/** Options have at most so many bytes. */
const maxOption = 0xffff

/** What a file starts with. */
export function sectionHeader(application: string): Uint8Array {
  const fixed = new DataView(new ArrayBuffer(16))
  fixed.setUint32(0, byteOrderMagic, true)
  fixed.setUint16(4, 1, true)
  // The section's length is not known while it is written.
  fixed.setBigInt64(8, -1n, true)
  return block(blockType.section, bytesOf(fixed), [[sectionOption.application, utf8(application)]])
}

export interface CapturedInterface {
  readonly name: string
  readonly description?: string
  /** Bytes that are kept of a packet. */
  readonly snapLength: number
}

/** To be written before its first packet; interfaces are numbered from 0 in the order in which they are written. */
export function interfaceDescription({ name, description, snapLength }: CapturedInterface): Uint8Array {
  const fixed = new DataView(new ArrayBuffer(8))
  fixed.setUint16(0, linkType, true)
  fixed.setUint32(4, snapLength, true)
  return block(blockType.interface, bytesOf(fixed), [
    [interfaceOption.name, utf8(name)],
    ...(description === undefined ? [] : ([[interfaceOption.description, utf8(description)]] as const)),
    [interfaceOption.timeResolution, Uint8Array.of(nanoseconds)],
  ])
}

export interface CapturedPacket {
  /** Number of its interface. */
  readonly interface: number
  /** Nanoseconds since 1970-01-01 UTC. */
  readonly time: bigint
  /** The beginning of the frame, from the Ethernet header on. */
  readonly frame: Uint8Array
  /** Bytes of the whole frame. */
  readonly length: number
  readonly direction?: 'in' | 'out'
  readonly comment?: string
}

/** Of `epb_flags` (section 4.3.1), the two lowest bits. */
const directions = { in: 1, out: 2 } as const

export function enhancedPacket(packet: CapturedPacket): Uint8Array {
  const { time, frame, length, direction, comment } = packet
  const fixed = new DataView(new ArrayBuffer(20))
  fixed.setUint32(0, packet.interface, true)
  fixed.setUint32(4, Number(time >> 32n), true)
  fixed.setUint32(8, Number(time & 0xffff_ffffn), true)
  fixed.setUint32(12, frame.length, true)
  fixed.setUint32(16, length, true)
  const flags = new Uint8Array(4)
  if (direction) new DataView(flags.buffer).setUint32(0, directions[direction], true)
  return block(blockType.packet, concat(bytesOf(fixed), padded(frame)), [
    ...(comment === undefined ? [] : ([[option.comment, utf8(comment)]] as const)),
    ...(direction ? ([[packetOption.flags, flags]] as const) : []),
  ])
}

/** What a capture holds; packets in the order of the file. */
export interface Capture {
  readonly interfaces: readonly CapturedInterface[]
  readonly packets: readonly CapturedPacket[]
}

/**
 * Reads one little-endian section with nanoseconds, as this module writes it; blocks and options of other kinds are passed over, and a
 * block that is cut off ends the capture, as in a file that is still being written. Throws `TypeError` on what is no such file.
 */
export function readPcapng(bytes: Uint8Array): Capture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (
    bytes.length < 28 ||
    view.getUint32(0, true) !== blockType.section ||
    view.getUint32(8, true) !== byteOrderMagic
  )
    throw new TypeError('read capture: no little-endian pcapng file; convert it with `editcap -F pcapng`')
  const interfaces: CapturedInterface[] = []
  const packets: CapturedPacket[] = []
  for (let at = 0; at + 12 <= bytes.length; ) {
    const [type, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)]
    if (length < 12 || length % 4 !== 0)
      throw new TypeError(`read capture: a block of ${length} bytes at ${at}`)
    if (at + length > bytes.length) break
    const body = bytes.subarray(at + 8, at + length - 4)
    if (type === blockType.interface && body.length >= 8) interfaces.push(readInterface(body))
    else if (type === blockType.packet && body.length >= 20) packets.push(readPacket(body))
    at += length
  }
  return { interfaces, packets }
}

function readInterface(body: Uint8Array): CapturedInterface {
  const options = readOptions(body.subarray(8))
  const description = options.get(interfaceOption.description)
  return {
    name: text(options.get(interfaceOption.name)) ?? '',
    ...(description && { description: text(description) as string }),
    snapLength: viewOf(body).getUint32(4, true),
  }
}

function readPacket(body: Uint8Array): CapturedPacket {
  const view = viewOf(body)
  const captured = view.getUint32(12, true)
  if (20 + captured > body.length) throw new TypeError(`read capture: a packet of ${captured} bytes in less`)
  const options = readOptions(body.subarray(20 + pad(captured)))
  const flags = options.get(packetOption.flags)
  const comment = text(options.get(option.comment))
  const bits = flags && flags.length === 4 ? viewOf(flags).getUint32(0, true) & 3 : 0
  return {
    interface: view.getUint32(0, true),
    time: (BigInt(view.getUint32(4, true)) << 32n) | BigInt(view.getUint32(8, true)),
    frame: body.slice(20, 20 + captured),
    length: view.getUint32(16, true),
    ...(bits === directions.in ? { direction: 'in' } : bits === directions.out ? { direction: 'out' } : {}),
    ...(comment === undefined ? {} : { comment }),
  }
}

/** The first option of each code. */
function readOptions(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const options = new Map<number, Uint8Array>()
  for (let at = 0; at + 4 <= bytes.length; ) {
    const view = viewOf(bytes)
    const [code, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)]
    if (code === option.end || at + 4 + length > bytes.length) break
    if (!options.has(code)) options.set(code, bytes.subarray(at + 4, at + 4 + length))
    at += 4 + pad(length)
  }
  return options
}

type Option = readonly [code: number, value: Uint8Array]

function block(type: number, body: Uint8Array, options: readonly Option[]): Uint8Array {
  const tail = concat(
    ...options.map(([code, value]) => optionBytes(code, value)),
    optionBytes(option.end, none),
  )
  const length = 12 + body.length + tail.length
  const head = new DataView(new ArrayBuffer(8))
  head.setUint32(0, type, true)
  head.setUint32(4, length, true)
  const end = new DataView(new ArrayBuffer(4))
  end.setUint32(0, length, true)
  return concat(bytesOf(head), body, tail, bytesOf(end))
}

function optionBytes(code: number, value: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(4))
  head.setUint16(0, code, true)
  head.setUint16(2, value.length, true)
  return concat(bytesOf(head), padded(value))
}

const none = new Uint8Array(0)
const pad = (length: number): number => (length + 3) & ~3

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(pad(bytes.length))
  whole.set(bytes)
  return whole
}

/** Cut to what an option holds, between two characters. */
function utf8(value: string): Uint8Array {
  const { written } = new TextEncoder().encodeInto(value, buffer)
  return buffer.slice(0, written)
}

const buffer = new Uint8Array(maxOption - 3)
const text = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes)
const bytesOf = (view: DataView): Uint8Array => new Uint8Array(view.buffer as ArrayBuffer)
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
