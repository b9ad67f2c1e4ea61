import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ip } from '../net/index.ts'
import * as ipv4 from './ipv4.ts'
import { captured } from './testing/captured.ts'
import { describeCodec } from './testing/codec-suite.ts'
import { anyIp, anyOptions, bits, packetOf } from './testing/sample.ts'

const packet = packetOf(captured.portUnreachable4)
const header: ipv4.Header = {
  source: ip('192.0.2.2'),
  destination: ip('192.0.2.1'),
  protocol: 1,
  hopLimit: 64,
  trafficClass: 0xc0,
  identification: 0x2022,
  dontFragment: false,
  moreFragments: false,
  fragmentOffset: 0,
  options: new Uint8Array(0),
}

describeCodec<ipv4.Header>({
  name: 'ipv4',
  sample: packet,
  meaning: { header, payload: packet.subarray(20) },
  read: (bytes) => {
    const view = ipv4.check(bytes)
    return view && { header: ipv4.parse(view), payload: view.payload }
  },
  write: ({ header, payload }) => ipv4.emit(header, payload),
  arbitrary: fc.record({
    source: anyIp(4),
    destination: anyIp(4),
    protocol: bits(8),
    hopLimit: bits(8),
    trafficClass: bits(8),
    identification: bits(16),
    dontFragment: fc.boolean(),
    moreFragments: fc.boolean(),
    fragmentOffset: bits(13).map((units) => units * 8),
    options: anyOptions,
  }),
  covered: ({ header }) => 20 + header.options.length,
  checksumHolds: (bytes) => ipv4.check(bytes)?.checksumHolds ?? false,
})

it('ipv4 payload ends where the total length says', () => {
  expect(ipv4.check(Uint8Array.of(...packet, 1, 2, 3))!.payload).toEqual(packet.subarray(20))
})

it('ipv4 refuses to emit what cannot be', () => {
  expect(() => ipv4.emit({ ...header, options: new Uint8Array(3) }, packet)).toThrow(
    'emit IPv4: 3 bytes of options',
  )
  expect(() => ipv4.emit({ ...header, options: new Uint8Array(44) }, packet)).toThrow(RangeError)
  expect(() => ipv4.emit(header, new Uint8Array(65516))).toThrow('give at most 65515')
})
