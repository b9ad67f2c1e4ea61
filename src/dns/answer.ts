/**
 * What an authoritative server answers, as a pure function of the zone and the query (RFC 1035, RFC 2308, RFC 6891, RFC 8482,
 * RFC 8906). The first of these that holds decides:
 *
 *  1. shorter than a header, or itself a response: no answer, so that two servers cannot keep each other talking
 *  2. opcode other than QUERY: NOTIMP
 *  3. no message, or not exactly one question (RFC 9619): FORMERR
 *  4. EDNS version above 0: BADVERS
 *  5. class other than IN, zone transfer, or a name outside the zone: REFUSED
 *  6. no such name: NXDOMAIN with SOA
 *  7. type ANY: the first record set of the name (RFC 8482 section 4.1)
 *  8. no record of the type: NOERROR with SOA; else the records, and for servers their addresses
 *
 * An answer that does not fit loses its additional records, then all records but with the flag TC.
 */
import { emitMessage } from './emit.ts'
import {
  Class,
  type Edns,
  type Header,
  type Message,
  opcodeQuery,
  type Question,
  Rcode,
  type Record,
  Type,
} from './message.ts'
import { isWithin, nameKey } from './name.ts'
import { parseHeader, parseMessage } from './parse.ts'
import type { RecordSets, Zone } from './zone.ts'

export type Transport = 'udp' | 'tcp'

/** Without EDNS (RFC 1035 section 2.3.4); with it at most what passes every path unfragmented (RFC 9715 section 3.1). */
const plainSize = 512
export const ednsSize = 1232

/** The bytes of the response, or `undefined` if none is due. Never throws, whatever the bytes. */
export function answer(zone: Zone, query: Uint8Array, transport: Transport): Uint8Array | undefined {
  const header = parseHeader(query)
  if (!header || header.response) return undefined
  if (header.opcode !== opcodeQuery) return emitMessage({ ...empty, header: respond(header, Rcode.notImp) })
  const message = parseMessage(query)
  if (!message) return emitMessage({ ...empty, header: respond(header, Rcode.formErr) })
  return emitWithin(resolve(zone, message), sizeLimit(message.edns, transport))
}

function sizeLimit(edns: Edns | undefined, transport: Transport): number {
  if (transport === 'tcp') return 0xffff
  return edns ? Math.min(Math.max(edns.size, plainSize), ednsSize) : plainSize
}

const empty = Object.freeze({ questions: [], answers: [], authorities: [], additionals: [] })

/** The query's id, opcode and RD; everything else is ours to say (RFC 1035 section 4.1.1). */
const respond = ({ id, opcode, recursionDesired }: Header, rcode: number, authoritative = false): Header => ({
  id,
  response: true,
  opcode,
  authoritative,
  truncated: false,
  recursionDesired,
  recursionAvailable: false,
  rcode,
})

function resolve(zone: Zone, { header, edns, questions }: Message): Message {
  const reply = { ...empty, ...(edns && { edns: ednsReply(edns) }) }
  const [question, ...more] = questions
  if (!question || more.length > 0) return { ...reply, header: respond(header, Rcode.formErr) }
  const base = { ...reply, questions: [question] }
  const failed = (rcode: number): Message => ({ ...base, header: respond(header, rcode) })
  if (edns && edns.version > 0) return failed(Rcode.badVers)
  if (!isServed(zone, question)) return failed(Rcode.refused)
  const sets = zone.names.get(nameKey(question.name))
  const records = sets ? select(sets, question.type) : []
  const rcode = sets ? Rcode.noError : Rcode.nxDomain
  const found = { ...base, header: respond(header, rcode, true), answers: records }
  return records.length > 0
    ? { ...found, additionals: serverAddresses(zone, records) }
    : { ...found, authorities: [negativeSoa(zone)] }
}

const ednsReply = ({ dnssecOk }: Edns): Edns => ({
  size: ednsSize,
  version: 0,
  dnssecOk,
  options: new Uint8Array(0),
})

const isServed = (zone: Zone, { name, type, class: cls }: Question): boolean =>
  cls === Class.in && type !== Type.axfr && type !== Type.ixfr && isWithin(name, zone.apex)

function select(sets: RecordSets, type: number): readonly Record[] {
  if (type !== Type.any) return sets.get(type) ?? []
  const [first] = sets.values()
  return first ?? []
}

/** Caches keep the absence for the lesser of the SOA's TTL and its minimum (RFC 2308 section 3). */
const negativeSoa = ({ soa }: Zone): Record => ({ ...soa, ttl: Math.min(soa.ttl, soa.data.minimum) })

function serverAddresses(zone: Zone, records: readonly Record[]): Record[] {
  return records.flatMap(({ data }) => {
    const sets = data.kind === 'name' ? zone.names.get(nameKey(data.name)) : undefined
    return sets ? [...(sets.get(Type.a) ?? []), ...(sets.get(Type.aaaa) ?? [])] : []
  })
}

function emitWithin(message: Message, limit: number): Uint8Array {
  const whole = emitMessage(message)
  if (whole.length <= limit) return whole
  const bare = emitMessage({ ...message, additionals: [] })
  if (bare.length <= limit) return bare
  return emitMessage({
    ...message,
    ...empty,
    questions: message.questions,
    header: { ...message.header, truncated: true },
  })
}
