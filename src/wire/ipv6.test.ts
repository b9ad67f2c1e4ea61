import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ip } from '../net/index.ts'
import * as ipv6 from './ipv6.ts'
import { captured } from './testing/captured.ts'
import { describeCodec } from './testing/codec-suite.ts'
import { anyIp, bits, packetOf } from './testing/sample.ts'

const packet = packetOf(captured.syn6)
const header: ipv6.Header = {
  source: ip('2001:db8::1'),
  destination: ip('2001:db8::2'),
  nextHeader: 6,
  hopLimit: 64,
  trafficClass: 0,
  flowLabel: 0xf64fc,
}

describeCodec<ipv6.Header>({
  name: 'ipv6',
  sample: packet,
  meaning: { header, payload: packet.subarray(40) },
  read: (bytes) => {
    const view = ipv6.check(bytes)
    return view && { header: ipv6.parse(view), payload: view.payload }
  },
  write: ({ header, payload }) => ipv6.emit(header, payload),
  arbitrary: fc.record({
    source: anyIp(6),
    destination: anyIp(6),
    nextHeader: bits(8),
    hopLimit: bits(8),
    trafficClass: bits(8),
    flowLabel: bits(20),
  }),
})

it('ipv6 payload ends where the payload length says', () => {
  expect(ipv6.check(Uint8Array.of(...packet, 1, 2, 3))!.payload).toEqual(packet.subarray(40))
})

it('ipv6 refuses to emit a jumbogram', () => {
  expect(() => ipv6.emit(header, new Uint8Array(65536))).toThrow('give at most 65535')
})
