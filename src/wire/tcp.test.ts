import fc from 'fast-check'
import { expect, it } from 'vitest'
import * as tcp from './tcp.ts'
import { captured } from './testing/captured.ts'
import { describeCodec } from './testing/codec-suite.ts'
import { addressesOf, anyOptions, bits, segmentOf } from './testing/sample.ts'

for (const [name, frame, sequence, window, optionText] of [
  ['tcp over ipv4', captured.syn4, 0x39a4ddab, 0xfaf0, '020405b40402080a38878747000000000103030a'],
  ['tcp over ipv6', captured.syn6, 0x73d620a0, 0xfd20, '020405a00402080a6b8018a6000000000103030a'],
] as const) {
  const addresses = addressesOf(frame)
  const options = Uint8Array.from(Buffer.from(optionText, 'hex'))
  const rest = { sequence, acknowledgement: 0, flags: tcp.Flag.syn, window, urgent: 0, options }
  describeCodec<tcp.Header>({
    name,
    sample: segmentOf(frame),
    meaning: { header: { sourcePort: 40001, destinationPort: 443, ...rest }, payload: new Uint8Array(0) },
    read: (bytes) => {
      const view = tcp.check(bytes)
      return view && { header: tcp.parse(view), payload: view.payload }
    },
    write: ({ header, payload }) => tcp.emit(header, payload, addresses),
    arbitrary: fc.record({
      sourcePort: bits(16),
      destinationPort: bits(16),
      sequence: bits(32),
      acknowledgement: bits(32),
      flags: bits(8),
      window: bits(16),
      urgent: bits(16),
      options: anyOptions,
    }),
    checksumHolds: (bytes) => tcp.check(bytes)?.checksumHolds(addresses) ?? false,
  })
}

it('tcp checksum covers the addresses', () => {
  expect(tcp.check(segmentOf(captured.reset4))!.checksumHolds(addressesOf(captured.reset4))).toBe(true)
  expect(tcp.check(segmentOf(captured.reset6))!.checksumHolds(addressesOf(captured.reset6))).toBe(true)
  expect(tcp.check(segmentOf(captured.reset4))!.checksumHolds(addressesOf(captured.reset6))).toBe(false)
})

it('tcp refuses to emit options of a wrong length', () => {
  const view = tcp.check(segmentOf(captured.syn4))!
  const odd = { ...tcp.parse(view), options: new Uint8Array(5) }
  expect(() => tcp.emit(odd, new Uint8Array(0), addressesOf(captured.syn4))).toThrow(
    'emit TCP: 5 bytes of options',
  )
})
