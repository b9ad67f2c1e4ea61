import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ip } from '../net/index.ts'
import { emitMessage } from './emit.ts'
import { type Message, Type } from './message.ts'
import { name } from './name.ts'
import { parseMessage } from './parse.ts'
import { anyMessage, arbitraryBytes, query } from './testing/arbitrary.ts'

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

describe('messages', () => {
  it('parse: RFC 1035 section 4.1.4 compression', () => {
    const bytes = hex(
      '0001 8400 0001 0002 0000 0000 0146 0349534904 41525041 00 0001 0001' +
        'c00c 0001 0001 0000003c 0004 c0000201' +
        '03464f4f c00c 0002 0001 00000e10 0002 c00e',
    )
    expect(parseMessage(bytes)).toMatchObject({
      header: { id: 1, response: true, authoritative: true, rcode: 0 },
      questions: [{ name: ['F', 'ISI', 'ARPA'], type: 1, class: 1 }],
      answers: [
        { name: ['F', 'ISI', 'ARPA'], ttl: 60, data: { kind: 'address', address: ip('192.0.2.1') } },
        { name: ['FOO', 'F', 'ISI', 'ARPA'], ttl: 3600, data: { kind: 'name', name: ['ISI', 'ARPA'] } },
      ],
    })
  })
  it('emit: names are shortened, in the case in which they first stood', () => {
    const owner = name('Shop.Example')
    const asked: Message = query({ name: owner, type: Type.a, class: 1 })
    const record = { name: name('shop.example'), type: 1, class: 1, ttl: 60 } as const
    const answers = [{ ...record, data: { kind: 'address', address: ip('192.0.2.1') } }] as const
    const bytes = emitMessage({ ...asked, answers })
    const expected =
      '0001 0000 0001 0001 0000 0000 0453686f70 074578616d706c65 00 0001 0001 c00c 0001 0001 0000003c 0004 c0000201'
    expect(Buffer.from(bytes).toString('hex')).toBe(expected.replaceAll(' ', ''))
  })
  it('round trip', () => {
    const roundTrip = fc.property(anyMessage, (message) => {
      expect(lower(parseMessage(emitMessage(message)))).toEqual(lower(message))
    })
    fc.assert(roundTrip)
  })
  it('truncated', () => {
    const cut = fc.property(anyMessage, fc.nat(), (message, choice) => {
      const bytes = emitMessage(message)
      expect(parseMessage(bytes.subarray(0, choice % bytes.length))).toBeUndefined()
      expect(parseMessage(Uint8Array.of(...bytes, 0))).toBeUndefined()
    })
    fc.assert(cut)
  })
  it('parse never throws, and what it reads can be written and read again', () => {
    const again = fc.property(arbitraryBytes(anyMessage), (bytes) => {
      const message = parseMessage(bytes)
      if (message) expect(lower(parseMessage(emitMessage(message)))).toEqual(lower(message))
    })
    fc.assert(again, { numRuns: 2000 })
  })
})

/** Compression makes all mentions of a name alike in case; apart from that, messages must be the same. */
function lower(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part) =>
      typeof part === 'string' ? part.toLowerCase() : typeof part === 'bigint' ? `${part}` : part,
    ),
  )
}

describe('EDNS', () => {
  const head = '0001 0000 0000 0000 0000'
  it('parse', () => {
    const message = parseMessage(hex(`${head} 0001 00 0029 04d0 01 00 8000 0006 000a 0002 beef`))
    expect(message).toMatchObject({ header: { rcode: 16 }, additionals: [] })
    expect(message?.edns).toEqual({ size: 1232, version: 0, dnssecOk: true, options: hex('000a 0002 beef') })
  })
  it.each([
    ['two of them', `${head} 0002 00 0029 04d0 00000000 0000 00 0029 04d0 00000000 0000`],
    ['an owner', `${head} 0001 0161 00 0029 04d0 00000000 0000`],
    ['an option cut off', `${head} 0001 00 0029 04d0 00000000 0005 000a 0002 be`],
    ['half an option header', `${head} 0001 00 0029 04d0 00000000 0003 000a 00`],
    ['in the answer section', '0001 0000 0000 0001 0000 0000 00 0029 04d0 00000000 0000'],
  ])('refuses %s', (_, text) => expect(parseMessage(hex(text))).toBeUndefined())
})

describe('record data of the wrong shape is refused:', () => {
  const record = (type: string, data: string) =>
    hex(
      `0001 0000 0000 0001 0000 0000 00 ${type} 0001 00000000 ${(data.replaceAll(' ', '').length / 2).toString(16).padStart(4, '0')} ${data}`,
    )
  it.each([
    ['A of 3 bytes', '0001', 'c00002'],
    ['AAAA of 4 bytes', '001c', 'c0000201'],
    ['NS with bytes after its name', '0002', '00 00'],
    ['NS without a name', '0002', ''],
    ['NS whose name runs out of it', '0002', '01'],
    ['SOA cut off', '0006', '00 00 00000001 00000001 00000001 00000001 000000'],
  ])('%s', (_, type, data) => expect(parseMessage(record(type, data))).toBeUndefined())
  it('but types that are not known may hold anything', () => {
    expect(parseMessage(record('0063', 'c00002'))?.answers).toHaveLength(1)
  })
})
