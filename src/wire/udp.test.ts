import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ip } from '../net/index.ts'
import { captured } from './testing/captured.ts'
import { describeCodec } from './testing/codec-suite.ts'
import { addressesOf, bits, segmentOf, text } from './testing/sample.ts'
import * as udp from './udp.ts'

for (const [name, frame] of [
  ['udp over ipv4', captured.udp4],
  ['udp over ipv6', captured.udp6],
] as const) {
  const addresses = addressesOf(frame)
  describeCodec<udp.Header>({
    name,
    sample: segmentOf(frame),
    meaning: { header: { sourcePort: 40000, destinationPort: 9 }, payload: text('hello') },
    read: (bytes) => {
      const view = udp.check(bytes)
      return view && { header: udp.parse(view), payload: view.payload }
    },
    write: ({ header, payload }) => udp.emit(header, payload, addresses),
    arbitrary: fc.record({ sourcePort: bits(16), destinationPort: bits(16) }),
    checksumHolds: (bytes) => udp.check(bytes)?.checksumHolds(addresses) ?? false,
  })
}

it('udp checksum 0 means none over IPv4 and is wrong over IPv6', () => {
  const bare = Uint8Array.of(0, 1, 0, 2, 0, 8, 0, 0)
  expect(udp.check(bare)!.checksumHolds(addressesOf(captured.udp4))).toBe(true)
  expect(udp.check(bare)!.checksumHolds(addressesOf(captured.udp6))).toBe(false)
})

it('udp checksum that sums to 0 is sent as 0xffff', () => {
  const addresses = { source: ip('0.0.0.0'), destination: ip('0.0.0.0') }
  const ports = { sourcePort: 0xffff - 17 - 8 - 8, destinationPort: 0 }
  expect(udp.emit(ports, new Uint8Array(0), addresses).subarray(udp.field.checksum)).toEqual(
    Uint8Array.of(255, 255),
  )
})

it('udp refuses to emit a payload that is too long', () => {
  const ports = { sourcePort: 1, destinationPort: 2 }
  expect(() => udp.emit(ports, new Uint8Array(65528), addressesOf(captured.udp4))).toThrow(
    'give at most 65527',
  )
})
