/** DNS messages for property tests: well-formed ones, queries about a zone, and spoilt bytes. */
import fc from 'fast-check'
import { type Family, familyBits, Ip } from '../../net/index.ts'
import { emitMessage } from '../emit.ts'
import { Class, type Data, type Edns, type Message, type Record, Type } from '../message.ts'
import { type Name, nameLength } from '../name.ts'
import type { Zone } from '../zone.ts'

const u16 = fc.nat(0xffff)
const u32 = fc.nat(0xffffffff)

const label = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('www', 'WWW', 'a', 'ns1', 'west', 'example', 'Example', '\u0000', 'x.y'),
  },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ minLength: 1, maxLength: 63 }).map((bytes) => String.fromCharCode(...bytes)),
  },
)

export const anyName: fc.Arbitrary<Name> = fc
  .array(label, { maxLength: 6 })
  .filter((labels) => nameLength(labels) <= 255)

const anyIp = (family: Family) =>
  fc.bigInt(0n, (1n << BigInt(familyBits(family))) - 1n).map((value) => Ip(family, value))

const typed: fc.Arbitrary<{ type: number; class: number; data: Data }> = fc.oneof(
  ...([4, 6] as const).map((family) =>
    anyIp(family).map((address) => ({
      type: family === 4 ? Type.a : Type.aaaa,
      class: Class.in,
      data: { kind: 'address' as const, address },
    })),
  ),
  fc.tuple(fc.constantFrom(Type.ns, Type.cname, Type.ptr), anyName).map(([type, name]) => ({
    type,
    class: Class.in,
    data: { kind: 'name' as const, name },
  })),
  fc
    .record({
      kind: fc.constant('soa' as const),
      primary: anyName,
      mailbox: anyName,
      serial: u32,
      refresh: u32,
      retry: u32,
      expire: u32,
      minimum: u32,
    })
    .map((data) => ({ type: Type.soa, class: Class.in, data })),
  fc
    .tuple(fc.constantFrom(16, 33, 46, 65280), fc.constantFrom(1, 3, 254), fc.uint8Array({ maxLength: 40 }))
    .map(([type, cls, bytes]) => ({ type, class: cls, data: { kind: 'opaque' as const, bytes } })),
)

const anyRecord: fc.Arbitrary<Record> = fc
  .tuple(anyName, u32, typed)
  .map(([name, ttl, rest]) => ({ name, ttl, ...rest }))

const anyEdns: fc.Arbitrary<Edns> = fc.record({
  size: fc.oneof(fc.constantFrom(0, 512, 1232, 4096, 65535), u16),
  version: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(255) }),
  dnssecOk: fc.boolean(),
  options: fc.constantFrom(new Uint8Array(0), Uint8Array.of(0, 10, 0, 2, 1, 2)),
})

const records = fc.array(anyRecord, { maxLength: 4 })

/** Any well-formed message. */
export const anyMessage: fc.Arbitrary<Message> = fc
  .record({
    header: fc.record({
      id: u16,
      response: fc.boolean(),
      opcode: fc.nat(15),
      authoritative: fc.boolean(),
      truncated: fc.boolean(),
      recursionDesired: fc.boolean(),
      recursionAvailable: fc.boolean(),
      rcode: fc.nat(0xfff),
    }),
    questions: fc.array(fc.record({ name: anyName, type: u16, class: u16 }), { maxLength: 2 }),
    answers: records,
    authorities: records,
    additionals: records,
    edns: fc.option(anyEdns, { nil: undefined }),
  })
  .map(({ edns, header, ...rest }) =>
    edns ? { ...rest, header, edns } : { ...rest, header: { ...header, rcode: header.rcode & 15 } },
  )

/** Queries, most of them about names of the zone in any case of letters. */
export function arbitraryQuery(zone: Zone): fc.Arbitrary<Message> {
  const sets = [...zone.names.values()].flatMap((types) => [...types.values()])
  const known = sets.map(([first]) => first!.name)
  const mixed = fc
    .tuple(fc.constantFrom(...known), fc.array(fc.boolean(), { minLength: 64, maxLength: 64 }))
    .map(([name, upper]) => name.map((text) => mixCase(text, upper)))
  const below = fc.tuple(label, mixed).map(([first, rest]) => [first, ...rest])
  const type = fc.oneof(fc.constantFrom(1, 2, 6, 28, 255, 252, 251, 16, 5), u16)
  return fc
    .record({
      id: u16,
      recursionDesired: fc.boolean(),
      name: fc.oneof(
        { weight: 4, arbitrary: mixed },
        { weight: 2, arbitrary: below },
        { weight: 1, arbitrary: anyName },
      ),
      type,
      class: fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: u16 }),
      edns: fc.option(anyEdns, { nil: undefined }),
    })
    .map(({ id, recursionDesired, edns, ...question }) => query(question, { id, recursionDesired, edns }))
}

const mixCase = (text: string, upper: readonly boolean[]): string =>
  Array.from(text, (letter, i) => (upper[i] ? letter.toUpperCase() : letter.toLowerCase())).join('')

export interface QueryOptions {
  readonly id?: number
  readonly opcode?: number
  readonly recursionDesired?: boolean
  readonly edns?: Edns | undefined
}

/** A query with one question. */
export function query(question: Message['questions'][number], options: QueryOptions = {}): Message {
  const { id = 1, opcode = 0, recursionDesired = false, edns } = options
  const off = { response: false, authoritative: false, truncated: false, recursionAvailable: false, rcode: 0 }
  const header = { id, opcode, recursionDesired, ...off }
  return {
    header,
    questions: [question],
    answers: [],
    authorities: [],
    additionals: [],
    ...(edns && { edns }),
  }
}

/** Any bytes: messages with a few changes, cuts and additions; pointers among them; now and then noise. */
export function arbitraryBytes(message: fc.Arbitrary<Message>): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat(200), fc.oneof(fc.constantFrom(0, 1, 12, 63, 64, 0xc0, 0xff), fc.nat(255)))
  const spoilt = fc
    .tuple(
      message,
      fc.array(change, { maxLength: 5 }),
      fc.option(fc.nat(200)),
      fc.uint8Array({ maxLength: 4 }),
    )
    .map(([value, changes, cut, tail]) => {
      const bytes = Uint8Array.from([...emitMessage(value), ...tail])
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
      return cut === null ? bytes : bytes.slice(0, cut)
    })
  return fc.oneof(
    { weight: 8, arbitrary: spoilt },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }) },
  )
}
