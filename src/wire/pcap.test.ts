import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pcapHeader, readPcap, writePcap } from './pcap.ts'
import { captured } from './testing/captured.ts'

describe('pcap', () => {
  it('header', () => {
    const header = '4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000'.replaceAll(' ', '')
    expect(Buffer.from(pcapHeader()).toString('hex')).toBe(header)
  })
  it('round trip', () => {
    const record = fc.record({
      time: fc.bigInt(0n, 4_000_000_000_999_999_999n),
      frame: fc.uint8Array({ maxLength: 80 }),
    })
    fc.assert(
      fc.property(fc.array(record), (frames) => void expect(readPcap(writePcap(frames))).toEqual(frames)),
    )
  })
  it('truncated', () => {
    const file = writePcap([{ time: 1_500_000_000n, frame: captured.udp4 }])
    expect(readPcap(file.subarray(0, file.length - 1))).toEqual([])
    expect(() => readPcap(file.subarray(0, 23))).toThrow('read capture: not an Ethernet capture')
    expect(() => readPcap(Uint8Array.from(Buffer.from('0a0d0d0a'.repeat(8), 'hex')))).toThrow('editcap')
  })
  it('of another machine: big-endian, microseconds', () => {
    const file =
      'a1b2c3d4 0002 0004 00000000 00000000 0000ffff 00000001 00000002 00000003 00000002 00000002 beef'
    const bytes = Uint8Array.from(Buffer.from(file.replaceAll(' ', ''), 'hex'))
    expect(readPcap(bytes)).toEqual([{ time: 2_000_003_000n, frame: Uint8Array.of(0xbe, 0xef) }])
  })
})
