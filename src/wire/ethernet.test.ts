import fc from 'fast-check'
import * as ethernet from './ethernet.ts'
import { captured } from './testing/captured.ts'
import { describeCodec } from './testing/codec-suite.ts'
import { anyMac, bits } from './testing/sample.ts'

describeCodec<ethernet.Header>({
  name: 'ethernet',
  sample: captured.arpReply,
  meaning: {
    header: { destination: '02:00:00:00:00:01', source: '02:00:00:00:00:02', etherType: 0x0806 },
    payload: captured.arpReply.subarray(14),
  },
  least: 14,
  read: (bytes) => {
    const view = ethernet.check(bytes)
    return view && { header: ethernet.parse(view), payload: view.payload }
  },
  write: ({ header, payload }) => ethernet.emit(header, payload),
  arbitrary: fc.record({ destination: anyMac, source: anyMac, etherType: bits(16) }),
})
