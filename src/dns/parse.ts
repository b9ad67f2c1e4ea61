/** Bytes to messages. Hostile bytes are the normal case: nothing here throws, loops, or reads more than once. */
import { ipFromBytes } from '../net/index.ts'
import {
  Class,
  type Data,
  type Edns,
  type Header,
  type Message,
  type Question,
  type Record,
  Type,
} from './message.ts'
import { readName } from './name.ts'

/** Offsets of the message header (RFC 1035 section 4.1.1). */
export const field = Object.freeze({
  id: 0,
  flags: 2,
  questions: 4,
  answers: 6,
  authorities: 8,
  additionals: 10,
  end: 12,
})

/** Bits of the field `flags`. */
export const Flag = Object.freeze({
  response: 0x8000,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
} as const)

/** DO, the highest bit of the OPT record's flags (RFC 3225 section 3). */
export const dnssecOkBit = 0x8000

/** `undefined` if shorter than 12 bytes. `rcode` without the bits that EDNS may add. */
export function parseHeader(bytes: Uint8Array): Header | undefined {
  if (bytes.length < field.end) return undefined
  const flags = u16(bytes, field.flags)
  return {
    id: u16(bytes, field.id),
    response: (flags & Flag.response) !== 0,
    opcode: (flags >>> 11) & 0x0f,
    authoritative: (flags & Flag.authoritative) !== 0,
    truncated: (flags & Flag.truncated) !== 0,
    recursionDesired: (flags & Flag.recursionDesired) !== 0,
    recursionAvailable: (flags & Flag.recursionAvailable) !== 0,
    rcode: flags & 0x0f,
  }
}

/**
 * `undefined` on what is no message: anything cut off, names that RFC 1035 forbids, record data of the wrong length, bytes
 * left over, more than one OPT record or one outside the additional section (RFC 6891 section 6.1.1).
 */
export function parseMessage(bytes: Uint8Array): Message | undefined {
  const header = parseHeader(bytes)
  if (!header) return undefined
  const cursor: Cursor = { bytes, at: field.end }
  const questions = repeat(u16(bytes, field.questions), () => readQuestion(cursor))
  const answers = questions && repeat(u16(bytes, field.answers), () => readRecord(cursor))
  const authorities = answers && repeat(u16(bytes, field.authorities), () => readRecord(cursor))
  const all = authorities && repeat(u16(bytes, field.additionals), () => readRecord(cursor))
  if (!all || cursor.at !== bytes.length) return undefined
  const options = all.filter(isOpt)
  if (options.length > 1 || [...answers, ...authorities].some(isOpt)) return undefined
  const additionals = all.filter((record) => !isOpt(record))
  const message = { header, questions, answers, authorities, additionals }
  const [option] = options
  return option ? withEdns(message, option) : message
}

const u16 = (bytes: Uint8Array, offset: number): number => (bytes[offset]! << 8) | bytes[offset + 1]!

const u32 = (bytes: Uint8Array, offset: number): number =>
  u16(bytes, offset) * 0x10000 + u16(bytes, offset + 2)

interface Cursor {
  readonly bytes: Uint8Array
  at: number
}

/** Stops at the first that fails, so that a count of 65535 costs no more than the bytes that are there. */
function repeat<T>(count: number, read: () => T | undefined): T[] | undefined {
  const items: T[] = []
  for (let i = 0; i < count; i++) {
    const item = read()
    if (item === undefined) return undefined
    items.push(item)
  }
  return items
}

function readQuestion(cursor: Cursor): Question | undefined {
  const { bytes } = cursor
  const owner = readName(bytes, cursor.at)
  if (!owner || owner.end + 4 > bytes.length) return undefined
  cursor.at = owner.end + 4
  return { name: owner.name, type: u16(bytes, owner.end), class: u16(bytes, owner.end + 2) }
}

function readRecord(cursor: Cursor): Record | undefined {
  const question = readQuestion(cursor)
  const { bytes, at } = cursor
  if (!question || at + 6 > bytes.length) return undefined
  const start = at + 6
  const end = start + u16(bytes, at + 4)
  if (end > bytes.length) return undefined
  const data = readData(bytes, start, end, question)
  cursor.at = end
  return data && { ...question, ttl: u32(bytes, at), data }
}

function readData(
  bytes: Uint8Array,
  start: number,
  end: number,
  { type, class: cls }: Question,
): Data | undefined {
  if (cls === Class.in) {
    if (type === Type.a || type === Type.aaaa) {
      if (end - start !== (type === Type.a ? 4 : 16)) return undefined
      return { kind: 'address', address: ipFromBytes(bytes.subarray(start, end)) }
    }
    if (type === Type.ns || type === Type.cname || type === Type.ptr) {
      const target = readName(bytes, start)
      return target?.end === end ? { kind: 'name', name: target.name } : undefined
    }
    if (type === Type.soa) return readSoa(bytes, start, end)
  }
  return { kind: 'opaque', bytes: bytes.slice(start, end) }
}

function readSoa(bytes: Uint8Array, start: number, end: number): Data | undefined {
  const primary = readName(bytes, start)
  const mailbox = primary && readName(bytes, primary.end)
  if (!mailbox || mailbox.end + 20 !== end) return undefined
  const [serial, refresh, retry, expire, minimum] = [0, 4, 8, 12, 16].map((offset) =>
    u32(bytes, mailbox.end + offset),
  ) as [number, number, number, number, number]
  return {
    kind: 'soa',
    primary: primary.name,
    mailbox: mailbox.name,
    serial,
    refresh,
    retry,
    expire,
    minimum,
  }
}

const isOpt = (record: Record): boolean => record.type === Type.opt

/** RFC 6891 section 6.1.3: the class is the size; the TTL is extended rcode, version, flags. The owner must be the root. */
function withEdns(message: Message, { name, class: size, ttl, data }: Record): Message | undefined {
  if (name.length > 0 || data.kind !== 'opaque' || !optionsFit(data.bytes)) return undefined
  const edns: Edns = {
    size,
    version: (ttl >>> 16) & 0xff,
    dnssecOk: (ttl & dnssecOkBit) !== 0,
    options: data.bytes,
  }
  return {
    ...message,
    header: { ...message.header, rcode: ((ttl >>> 24) << 4) | message.header.rcode },
    edns,
  }
}

/** Each option is a code, a length and so many bytes (RFC 6891 section 6.1.2). */
function optionsFit(bytes: Uint8Array): boolean {
  let at = 0
  while (at + 4 <= bytes.length) at += 4 + u16(bytes, at + 2)
  return at === bytes.length
}
