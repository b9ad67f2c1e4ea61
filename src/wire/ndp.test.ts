import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ip } from '../net/index.ts'
import * as icmp6 from './icmp6.ts'
import * as ndp from './ndp.ts'
import { captured } from './testing/captured.ts'
import { describeCodec } from './testing/codec-suite.ts'
import { addressesOf, anyIp, anyMac, bits, segmentOf } from './testing/sample.ts'

const none = new Uint8Array(0)
const mac = fc.option(anyMac, { nil: undefined })
const withMac = <T extends object>(value: T & { mac: string | undefined }) => {
  const { mac, ...rest } = value
  return mac === undefined ? rest : { ...rest, mac }
}
const arbitrary = fc.oneof(
  fc.record({ kind: fc.constant('neighbour-solicitation' as const), target: anyIp(6), mac }).map(withMac),
  fc
    .record({ kind: fc.constant('neighbour-advertisement' as const), target: anyIp(6), flags: bits(8), mac })
    .map(withMac),
) as fc.Arbitrary<ndp.Neighbour>

for (const [name, frame, meaning] of [
  [
    'neighbour solicitation',
    captured.neighbourSolicitation,
    { kind: 'neighbour-solicitation', target: ip('2001:db8::2'), mac: '02:00:00:00:00:01' },
  ],
  [
    'neighbour advertisement',
    captured.neighbourAdvertisement,
    {
      kind: 'neighbour-advertisement',
      target: ip('2001:db8::2'),
      flags: ndp.Flag.solicited | ndp.Flag.override,
      mac: '02:00:00:00:00:02',
    },
  ],
] as const)
  describeCodec<ndp.Neighbour>({
    name,
    sample: segmentOf(frame),
    meaning: { header: meaning, payload: none },
    least: 24,
    maxPayload: 0,
    read: (bytes) => {
      // Cut within its option, a message is malformed: only whole options count.
      const view = icmp6.check(bytes)
      const header = view && ndp.parse(view)
      return header && { header, payload: none }
    },
    write: ({ header }) => icmp6.emit(ndp.toMessage(header), addressesOf(frame)),
    arbitrary,
    checksumHolds: (bytes) => {
      const view = icmp6.check(bytes)
      return view !== undefined && icmp6.checksumHolds(view, addressesOf(frame))
    },
  })

it('ndp skips other options and refuses those of length 0 or cut short', () => {
  const head = segmentOf(captured.neighbourSolicitation).subarray(0, 24)
  const parse = (...options: number[]) => ndp.parse(icmp6.check(Uint8Array.of(...head, ...options))!)
  const other = [14, 1, 1, 2, 3, 4, 5, 6]
  const source = [1, 1, 2, 0, 0, 0, 0, 9]
  expect(parse(...other, ...source)).toMatchObject({ mac: '02:00:00:00:00:09' })
  expect(parse(...other)).not.toHaveProperty('mac')
  expect(parse(1, 0, 0, 0, 0, 0, 0, 0)).toBeUndefined()
  expect(parse(...source.slice(0, 5))).toBeUndefined()
  expect(parse(1)).toBeUndefined()
})
