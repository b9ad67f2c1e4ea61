import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIp } from '../net/index.ts'
import { answer, ednsSize, type Transport } from './answer.ts'
import { emitMessage } from './emit.ts'
import { type Edns, type Message, Rcode, type Record, Type } from './message.ts'
import { formatName, name } from './name.ts'
import { parseHeader, parseMessage } from './parse.ts'
import { anyMessage, arbitraryBytes, arbitraryQuery, type QueryOptions, query } from './testing/arbitrary.ts'
import { exampleZone } from './testing/example-zone.ts'

interface Ask extends QueryOptions {
  readonly class?: number
  readonly transport?: Transport
}

const edns = (size = 1232, version = 0): Edns => ({
  size,
  version,
  dnssecOk: false,
  options: new Uint8Array(0),
})

function bytesFor(owner: string, type: number, { class: cls = 1, transport = 'udp', ...options }: Ask = {}) {
  const asked = emitMessage(query({ name: name(owner), type, class: cls }, options))
  return answer(exampleZone, asked, transport)!
}

const ask = (owner: string, type: number, options?: Ask): Message =>
  parseMessage(bytesFor(owner, type, options))!

const text = (records: readonly Record[]) =>
  records.map(({ name, type, ttl, data }) => {
    const what =
      data.kind === 'address'
        ? formatIp(data.address)
        : data.kind === 'name'
          ? formatName(data.name)
          : data.kind
    return `${formatName(name)} ${ttl} ${type} ${what}`
  })
const soa = ['cloudapp.example. 60 6 soa']

describe('answer', () => {
  it('addresses', () => {
    const { header, questions, answers, authorities } = ask('shop.west.cloudapp.example', Type.a)
    expect(header).toMatchObject({
      id: 1,
      response: true,
      authoritative: true,
      recursionAvailable: false,
      rcode: 0,
    })
    expect(questions).toHaveLength(1)
    expect(text(answers)).toEqual(['shop.west.cloudapp.example. 60 1 203.0.113.10'])
    expect(authorities).toEqual([])
    expect(text(ask('shop.west.cloudapp.example', Type.aaaa).answers)).toEqual([
      'shop.west.cloudapp.example. 60 28 2001:db8:1::10',
    ])
  })
  it('servers, with their addresses', () => {
    const { answers, additionals } = ask('cloudapp.example', Type.ns)
    expect(text(answers).map((line) => line.split(' ')[3])).toEqual([
      'ns1.west.cloudapp.example.',
      'ns1.east.cloudapp.example.',
    ])
    expect(text(additionals)).toEqual([
      'ns1.west.cloudapp.example. 60 1 203.0.113.53',
      'ns1.west.cloudapp.example. 60 28 2001:db8:1::53',
      'ns1.east.cloudapp.example. 60 1 198.51.100.53',
    ])
  })
  it('keeps the case of the question', () => {
    const { questions, answers } = ask('sHoP.West.CloudApp.eXample', Type.a)
    expect(formatName(questions[0]!.name)).toBe('sHoP.West.CloudApp.eXample.')
    expect(formatName(answers[0]!.name)).toBe('sHoP.West.CloudApp.eXample.')
  })
  it('copies id, opcode and RD, sets nothing else', () => {
    const head = parseHeader(bytesFor('cloudapp.example', Type.soa, { id: 0xbeef, recursionDesired: true }))
    expect(head).toMatchObject({ id: 0xbeef, opcode: 0, recursionDesired: true, recursionAvailable: false })
  })
})

describe('no such thing', () => {
  it.each([
    ['a type that the name has not', 'ns1.east.cloudapp.example', Type.aaaa],
    ['a type that nobody knows', 'shop.west.cloudapp.example', 65280],
    ['a name with only names below it', 'west.cloudapp.example', Type.a],
    ['ANY for such a name', 'west.cloudapp.example', Type.any],
  ])('NODATA: %s', (_, owner, type) => {
    const { header, answers, authorities } = ask(owner, type)
    expect(header).toMatchObject({ rcode: Rcode.noError, authoritative: true })
    expect(answers).toEqual([])
    expect(text(authorities)).toEqual(soa)
  })
  it('NXDOMAIN: no such name', () => {
    for (const owner of ['nope.cloudapp.example', 'a.shop.west.cloudapp.example', '\\000.cloudapp.example']) {
      const { header, answers, authorities } = ask(owner, Type.a)
      expect(header).toMatchObject({ rcode: Rcode.nxDomain, authoritative: true })
      expect(answers).toEqual([])
      expect(text(authorities)).toEqual(soa)
    }
  })
})

describe('refusals', () => {
  it.each<[string, number, string, number, Ask]>([
    ['a name outside', Rcode.refused, 'www.example', Type.a, {}],
    ['the parent', Rcode.refused, 'example', Type.ns, {}],
    ['the root', Rcode.refused, '.', Type.ns, {}],
    ['another class', Rcode.refused, 'cloudapp.example', Type.soa, { class: 3 }],
    ['class ANY', Rcode.refused, 'cloudapp.example', Type.soa, { class: 255 }],
    ['zone transfer', Rcode.refused, 'cloudapp.example', Type.axfr, { transport: 'tcp' }],
    ['incremental zone transfer', Rcode.refused, 'cloudapp.example', Type.ixfr, {}],
    ['update', Rcode.notImp, 'cloudapp.example', Type.soa, { opcode: 5 }],
    ['notify', Rcode.notImp, 'cloudapp.example', Type.soa, { opcode: 4 }],
    ['EDNS version 1', Rcode.badVers, 'cloudapp.example', Type.soa, { edns: edns(1232, 1) }],
  ])('%s', (_, rcode, owner, type, options) => {
    const { header, answers, authorities } = ask(owner, type, options)
    expect(header).toMatchObject({ rcode, authoritative: false, response: true })
    expect([...answers, ...authorities]).toEqual([])
  })
  it('FORMERR: no question, two questions, no message', () => {
    const one = query({ name: name('cloudapp.example'), type: 1, class: 1 }, { edns: edns() })
    const rcodeOf = (bytes: Uint8Array) => parseMessage(answer(exampleZone, bytes, 'udp')!)
    for (const questions of [[], [one.questions[0]!, one.questions[0]!]]) {
      const reply = rcodeOf(emitMessage({ ...one, questions }))
      expect(reply?.header.rcode).toBe(Rcode.formErr)
      expect(reply?.edns).toBeDefined()
    }
    expect(rcodeOf(emitMessage(one).subarray(0, 20))?.header).toMatchObject({ id: 1, rcode: Rcode.formErr })
    expect(rcodeOf(emitMessage(one).subarray(0, 12))?.header.rcode).toBe(Rcode.formErr)
  })
  it('silence: to responses and to what has no header', () => {
    const asked = emitMessage(query({ name: name('cloudapp.example'), type: 1, class: 1 }))
    expect(answer(exampleZone, asked.subarray(0, 11), 'udp')).toBeUndefined()
    expect(answer(exampleZone, answer(exampleZone, asked, 'udp')!, 'udp')).toBeUndefined()
    expect(answer(exampleZone, new Uint8Array(0), 'tcp')).toBeUndefined()
  })
})

describe('ANY', () => {
  it('gets one record set (RFC 8482)', () => {
    expect(ask('cloudapp.example', Type.any).answers.map(({ type }) => type)).toEqual([Type.soa])
    expect(ask('shop.west.cloudapp.example', Type.any).answers).toHaveLength(1)
  })
})

describe('size', () => {
  const many = 'many.west.cloudapp.example'
  it('without EDNS is at most 512 bytes: more is truncated to nothing', () => {
    const { header, questions, answers, authorities } = ask(many, Type.a)
    expect(header).toMatchObject({ truncated: true, authoritative: true, rcode: 0 })
    expect(questions).toHaveLength(1)
    expect([...answers, ...authorities]).toEqual([])
  })
  it('with EDNS is what the client takes, at least 512, at most 1232', () => {
    expect(ask(many, Type.a, { edns: edns(4096) }).answers).toHaveLength(60)
    expect(ask(many, Type.a, { edns: edns(100) }).header.truncated).toBe(true)
    expect(ask(many, Type.a, { edns: edns(0) }).edns?.size).toBe(ednsSize)
    expect(ask('huge.west.cloudapp.example', Type.a, { edns: edns(65535) }).header.truncated).toBe(true)
  })
  it('over TCP is what its length field can say', () => {
    expect(ask(many, Type.a, { transport: 'tcp' }).answers).toHaveLength(60)
    const huge = bytesFor('huge.west.cloudapp.example', Type.a, { transport: 'tcp' })
    expect(huge.length).toBeLessThan(65536)
    expect(parseMessage(huge)?.header.truncated).toBe(true)
  })
})

describe('EDNS', () => {
  it('is answered with EDNS, and nothing else is', () => {
    const dnssecOk = { ...edns(), dnssecOk: true, options: Uint8Array.of(0, 10, 0, 1, 5) }
    const reply = ask('cloudapp.example', Type.soa, { edns: dnssecOk })
    expect(reply.edns).toEqual({ size: ednsSize, version: 0, dnssecOk: true, options: new Uint8Array(0) })
    expect(ask('cloudapp.example', Type.soa).edns).toBeUndefined()
  })
})

describe('properties', () => {
  const transport = fc.constantFrom<Transport>('udp', 'tcp')
  it('every query about anything has one right answer', () => {
    const right = fc.property(arbitraryQuery(exampleZone), transport, (asked, over) => {
      const bytes = answer(exampleZone, emitMessage(asked), over)!
      const reply = parseMessage(bytes)!
      const limit =
        over === 'tcp' ? 65535 : asked.edns ? Math.min(Math.max(asked.edns.size, 512), ednsSize) : 512
      expect(bytes.length).toBeLessThanOrEqual(limit)
      expect(reply.header).toMatchObject({
        id: asked.header.id,
        response: true,
        rcode: expect.toBeOneOf([0, 3, 5, 16]),
      })
      expect(reply.questions).toEqual(asked.questions)
      expect(reply.edns === undefined).toBe(asked.edns === undefined)
      const { authoritative, truncated, rcode } = reply.header
      const records = [...reply.answers, ...reply.authorities]
      expect(records.length > 0).toBe(authoritative && !truncated)
      if (rcode === Rcode.nxDomain) expect(reply.answers).toEqual([])
    })
    fc.assert(right, { numRuns: 500 })
  })
  it('any bytes get at most one short answer, which is no query', () => {
    const hostile = arbitraryBytes(fc.oneof(arbitraryQuery(exampleZone), anyMessage))
    const safe = fc.property(hostile, transport, (bytes, over) => {
      const reply = answer(exampleZone, bytes, over)
      if (reply === undefined) return
      const head = parseMessage(reply)!.header
      expect(head).toMatchObject({ response: true, id: (bytes[0]! << 8) | bytes[1]! })
      expect(answer(exampleZone, reply, over)).toBeUndefined()
      if (over === 'udp') expect(reply.length).toBeLessThanOrEqual(ednsSize)
    })
    fc.assert(safe, { numRuns: 3000 })
  })
})
