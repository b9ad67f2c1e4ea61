import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ip } from '../net/index.ts'
import * as arp from './arp.ts'
import { captured } from './testing/captured.ts'
import { describeCodec } from './testing/codec-suite.ts'
import { anyIp, anyMac, bits, packetOf } from './testing/sample.ts'

describeCodec<arp.Header>({
  name: 'arp',
  sample: packetOf(captured.arpReply),
  meaning: {
    header: {
      operation: 2,
      senderMac: '02:00:00:00:00:02',
      senderIp: ip('192.0.2.2'),
      targetMac: '02:00:00:00:00:01',
      targetIp: ip('192.0.2.1'),
    },
    payload: new Uint8Array(0),
  },
  maxPayload: 0,
  read: (bytes) => {
    const view = arp.check(bytes)
    return view && { header: arp.parse(view), payload: new Uint8Array(0) }
  },
  write: ({ header }) => arp.emit(header),
  arbitrary: fc.record({
    operation: bits(16),
    senderMac: anyMac,
    senderIp: anyIp(4),
    targetMac: anyMac,
    targetIp: anyIp(4),
  }),
})

it('arp for other networks than Ethernet and IPv4 is refused', () => {
  for (const offset of [
    arp.field.hardwareType,
    arp.field.protocolType,
    arp.field.hardwareLength,
    arp.field.protocolLength,
  ]) {
    const other = packetOf(captured.arpReply).slice()
    other[offset]! ^= 0x40
    expect(arp.check(other)).toBeUndefined()
  }
})
