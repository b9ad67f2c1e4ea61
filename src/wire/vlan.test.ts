import fc from 'fast-check'
import { describeCodec } from './testing/codec-suite.ts'
import { bits, text } from './testing/sample.ts'
import * as vlan from './vlan.ts'

describeCodec<vlan.Header>({
  name: 'vlan',
  sample: Uint8Array.of(0xb0, 0x2a, 0x08, 0x00, 0x68, 0x69),
  meaning: { header: { priority: 5, dropEligible: true, id: 42, etherType: 0x0800 }, payload: text('hi') },
  least: 4,
  read: (bytes) => {
    const view = vlan.check(bytes)
    return view && { header: vlan.parse(view), payload: view.payload }
  },
  write: ({ header, payload }) => vlan.emit(header, payload),
  arbitrary: fc.record({ priority: bits(3), dropEligible: fc.boolean(), id: bits(12), etherType: bits(16) }),
})
