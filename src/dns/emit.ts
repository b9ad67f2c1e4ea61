/** Messages to bytes, with name compression (RFC 1035 section 4.1.4; in record data only for the types of RFC 1035, RFC 3597). */
import { ipBytes } from '../net/index.ts'
import { type Data, type Header, type Message, type Question, type Record, Type } from './message.ts'
import { type Name, nameKey, root } from './name.ts'
import { dnssecOkBit, Flag } from './parse.ts'

/** Throws `RangeError` if a section has more than 65535 entries or record data is longer than 65535 bytes. */
export function emitMessage(message: Message): Uint8Array {
  const { header, questions, answers, authorities, edns } = message
  const additionals = edns ? [...message.additionals, optRecord(message)] : message.additionals
  const writer: Writer = { bytes: [], names: new Map() }
  writeU16(writer, header.id)
  writeU16(writer, flagsOf(header))
  for (const section of [questions, answers, authorities, additionals]) writeU16(writer, section.length)
  for (const question of questions) writeQuestion(writer, question)
  for (const record of [...answers, ...authorities, ...additionals]) writeRecord(writer, record)
  return Uint8Array.from(writer.bytes)
}

interface Writer {
  readonly bytes: number[]
  /** Offsets at which names stand that a pointer can reach. */
  readonly names: Map<string, number>
}

function flagsOf(header: Header): number {
  const bit = (set: boolean, mask: number) => (set ? mask : 0)
  return (
    bit(header.response, Flag.response) |
    ((header.opcode & 0x0f) << 11) |
    bit(header.authoritative, Flag.authoritative) |
    bit(header.truncated, Flag.truncated) |
    bit(header.recursionDesired, Flag.recursionDesired) |
    bit(header.recursionAvailable, Flag.recursionAvailable) |
    (header.rcode & 0x0f)
  )
}

function optRecord({ header, edns }: Message): Record {
  const { size, version, dnssecOk, options } = edns!
  const ttl = (header.rcode >>> 4) * 0x1000000 + (version << 16) + (dnssecOk ? dnssecOkBit : 0)
  return { name: root, type: Type.opt, class: size, ttl, data: { kind: 'opaque', bytes: options } }
}

function writeU16({ bytes }: Writer, value: number): void {
  if (value > 0xffff) throw new RangeError(`emit message: ${value} does not fit 16 bits`)
  bytes.push(value >>> 8, value & 0xff)
}

function writeU32(writer: Writer, value: number): void {
  writeU16(writer, Math.floor(value / 0x10000))
  writeU16(writer, value % 0x10000)
}

/** Pointers have 14 bits: names that stand further on cannot be pointed to. */
const pointerReach = 0x4000

function writeName(writer: Writer, name: Name): void {
  for (const [index, label] of name.entries()) {
    const key = nameKey(name.slice(index))
    const known = writer.names.get(key)
    if (known !== undefined) {
      writeU16(writer, 0xc000 | known)
      return
    }
    if (writer.bytes.length < pointerReach) writer.names.set(key, writer.bytes.length)
    writer.bytes.push(label.length, ...Array.from(label, (byte) => byte.charCodeAt(0)))
  }
  writer.bytes.push(0)
}

function writeQuestion(writer: Writer, question: Question): void {
  writeName(writer, question.name)
  writeU16(writer, question.type)
  writeU16(writer, question.class)
}

function writeRecord(writer: Writer, record: Record): void {
  writeQuestion(writer, record)
  writeU32(writer, record.ttl)
  const lengthAt = writer.bytes.length
  writeU16(writer, 0)
  writeData(writer, record.data)
  const length = writer.bytes.length - lengthAt - 2
  if (length > 0xffff)
    throw new RangeError(`emit message: ${length} bytes of record data; give at most 65535`)
  writer.bytes[lengthAt] = length >>> 8
  writer.bytes[lengthAt + 1] = length & 0xff
}

function writeData(writer: Writer, data: Data): void {
  switch (data.kind) {
    case 'address':
      writer.bytes.push(...ipBytes(data.address))
      break
    case 'name':
      writeName(writer, data.name)
      break
    case 'soa':
      writeName(writer, data.primary)
      writeName(writer, data.mailbox)
      for (const value of [data.serial, data.refresh, data.retry, data.expire, data.minimum])
        writeU32(writer, value)
      break
    case 'opaque':
      for (const byte of data.bytes) writer.bytes.push(byte)
  }
}
