import fc from 'fast-check'
import { expect, it } from 'vitest'
import * as icmp6 from './icmp6.ts'
import { captured } from './testing/captured.ts'
import { describeCodec } from './testing/codec-suite.ts'
import { addressesOf, bits, packetOf, segmentOf, text } from './testing/sample.ts'

const quoted = fc.uint8Array({ maxLength: 40 })
const code = bits(8)
const none = new Uint8Array(0)
const addresses = addressesOf(captured.portUnreachable6)

describeCodec<icmp6.Message>({
  name: 'icmp6',
  sample: segmentOf(captured.portUnreachable6),
  meaning: { header: { kind: 'unreachable', code: 4, quoted: packetOf(captured.udp6) }, payload: none },
  least: 8,
  maxPayload: 0,
  read: (bytes) => {
    const view = icmp6.check(bytes)
    return view && { header: icmp6.parse(view), payload: none }
  },
  write: ({ header }) => icmp6.emit(header, addresses),
  arbitrary: fc.oneof(
    fc.record({
      kind: fc.constantFrom('echo-request' as const, 'echo-reply' as const),
      identifier: bits(16),
      sequence: bits(16),
      data: quoted,
    }),
    fc.record({ kind: fc.constant('unreachable' as const), code, quoted }),
    fc.record({ kind: fc.constant('packet-too-big' as const), mtu: bits(32), quoted }),
    fc.record({ kind: fc.constant('time-exceeded' as const), code, quoted }),
    fc.record({ kind: fc.constant('parameter-problem' as const), code, pointer: bits(32), quoted }),
    fc.record({
      kind: fc.constant('other' as const),
      type: fc.constantFrom(0, 5, 130, 133, 137, 143, 255),
      code,
      body: fc.uint8Array({ minLength: 4, maxLength: 40 }),
    }),
  ),
  checksumHolds: (bytes) => {
    const view = icmp6.check(bytes)
    return view !== undefined && icmp6.checksumHolds(view, addresses)
  },
})

it('icmp6 echo', () => {
  const echo = { kind: 'echo-request', identifier: 0x3aa8, sequence: 1, data: text('ping') } as const
  expect(icmp6.parse(icmp6.check(segmentOf(captured.echoRequest6))!)).toEqual(echo)
  expect(icmp6.emit(echo, addresses)).toEqual(segmentOf(captured.echoRequest6))
  expect(icmp6.emit({ ...echo, kind: 'echo-reply' }, addresses)).toEqual(segmentOf(captured.echoReply6))
})
