import fc from 'fast-check'
import { expect, it } from 'vitest'
import * as icmp from './icmp.ts'
import { captured } from './testing/captured.ts'
import { describeCodec } from './testing/codec-suite.ts'
import { bits, packetOf, segmentOf, text } from './testing/sample.ts'

const quoted = fc.uint8Array({ maxLength: 40 })
const code = bits(8)
const none = new Uint8Array(0)

describeCodec<icmp.Message>({
  name: 'icmp',
  sample: segmentOf(captured.portUnreachable4),
  meaning: { header: { kind: 'unreachable', code: 3, quoted: packetOf(captured.udp4) }, payload: none },
  least: 8,
  maxPayload: 0,
  read: (bytes) => {
    const view = icmp.check(bytes)
    return view && { header: icmp.parse(view), payload: none }
  },
  write: ({ header }) => icmp.emit(header),
  arbitrary: fc.oneof(
    fc.record({
      kind: fc.constantFrom('echo-request' as const, 'echo-reply' as const),
      identifier: bits(16),
      sequence: bits(16),
      data: quoted,
    }),
    fc.record({
      kind: fc.constant('unreachable' as const),
      code: code.filter((value) => value !== 4),
      quoted,
    }),
    fc.record({ kind: fc.constant('packet-too-big' as const), mtu: bits(16), quoted }),
    fc.record({ kind: fc.constant('time-exceeded' as const), code, quoted }),
    fc.record({ kind: fc.constant('parameter-problem' as const), code, pointer: bits(8), quoted }),
    fc.record({
      kind: fc.constant('other' as const),
      type: fc.constantFrom(4, 5, 9, 13, 255),
      code,
      body: fc.uint8Array({ minLength: 4, maxLength: 40 }),
    }),
  ),
  checksumHolds: (bytes) => {
    const view = icmp.check(bytes)
    return view !== undefined && icmp.checksumHolds(view)
  },
})

it('icmp echo', () => {
  const echo = { kind: 'echo-request', identifier: 0x3364, sequence: 1, data: text('ping') } as const
  expect(icmp.parse(icmp.check(segmentOf(captured.echoRequest4))!)).toEqual(echo)
  expect(icmp.emit(echo)).toEqual(segmentOf(captured.echoRequest4))
  expect(icmp.emit({ ...echo, kind: 'echo-reply' })).toEqual(segmentOf(captured.echoReply4))
})

it('icmp refuses to emit a body without the four bytes that every message has', () => {
  expect(() => icmp.emit({ kind: 'other', type: 5, code: 0, body: new Uint8Array(3) })).toThrow(
    'give at least 4',
  )
})
