import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  attribute,
  concatenate,
  eachAttribute,
  readAttributes,
  readMessages,
  readText,
  text,
  u32,
  writeRequest,
} from './message.ts'

const bytes = fc.uint8Array({ maxLength: 40 })

describe('netlink messages', () => {
  it('are header, fixed part and padded attributes', () => {
    const target = new Uint8Array(64)
    const payload = concatenate([u32(7), attribute(3, text('lo'))])
    const end = writeRequest(target, 0, { type: 16, flags: 0x400, payload, what: '' }, 0x5, 9)
    expect([...target.subarray(0, end)]).toEqual([
      ...[28, 0, 0, 0, 16, 0, 0x05, 0x04, 9, 0, 0, 0, 0, 0, 0, 0],
      ...[7, 0, 0, 0],
      ...[7, 0, 3, 0, 108, 111, 0, 0],
    ])
  })

  it('mark nested attributes', () => {
    expect([...attribute(18, [attribute(1, text('veth'))])].slice(0, 4)).toEqual([16, 0, 18, 0x80])
  })

  it('come back as they went', () => {
    const parts = fc.array(fc.tuple(fc.integer({ min: 1, max: 0x3fff }), bytes))
    fc.assert(
      fc.property(parts, (parts) => {
        const written = concatenate(parts.map(([type, value]) => attribute(type, value)))
        expect([...eachAttribute(written)]).toEqual(parts)
      }),
    )
    const requests = fc.array(fc.record({ type: fc.nat(100), flags: fc.nat(0xffff), payload: bytes }), {
      maxLength: 5,
    })
    fc.assert(
      fc.property(requests, (requests) => {
        const target = new Uint8Array(1024)
        let at = 0
        for (const [sequence, request] of requests.entries())
          at = writeRequest(target, at, { ...request, what: '' }, 0, sequence)
        expect([...readMessages(target.subarray(0, at))]).toEqual(
          requests.map((request, sequence) => ({ ...request, sequence })),
        )
      }),
    )
  })

  it('never make the reader loop, throw or read beyond their end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        for (const message of readMessages(noise)) readAttributes(message.payload)
        readAttributes(noise)
        readText(noise)
      }),
    )
  })
})
