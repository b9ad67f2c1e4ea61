import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { frameMessage, MessageReader } from './stream.ts'

it('messages come out as they went in, however the stream is chopped', () => {
  const chopped = fc.property(
    fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 6 }),
    fc.array(fc.nat(300), { maxLength: 20 }),
    (messages, cuts) => {
      const stream = Buffer.concat(messages.map(frameMessage))
      const edges = [0, ...cuts.filter((cut) => cut < stream.length).sort((a, b) => a - b), stream.length]
      const reader = new MessageReader()
      const read = edges.slice(1).flatMap((end, i) => reader.push(stream.subarray(edges[i], end)))
      expect(read.map((message) => [...message])).toEqual(messages.map((message) => [...message]))
    },
  )
  fc.assert(chopped)
})

it('a message is at most 65535 bytes', () => {
  const longest = new Uint8Array(65535).fill(7)
  expect(new MessageReader().push(frameMessage(longest))).toEqual([longest])
  expect(() => frameMessage(new Uint8Array(65536))).toThrow('give at most 65535')
})

it('a long message that comes byte by byte is copied once', () => {
  const longest = new Uint8Array(65535).fill(7)
  const set = vi.spyOn(Uint8Array.prototype, 'set')
  const concat = vi.spyOn(Buffer, 'concat')
  const reader = new MessageReader()
  const read = [...frameMessage(longest)].flatMap((byte) => reader.push(Uint8Array.of(byte)))
  const copied = set.mock.calls.reduce((sum, [bytes]) => sum + bytes.length, 0)
  const joined = concat.mock.calls.length
  vi.restoreAllMocks()
  expect(read).toEqual([longest])
  expect(joined).toBe(0)
  // Once to frame it, with its length, and once to read it.
  expect(copied).toBe(65535 + 2 + 65535)
})
