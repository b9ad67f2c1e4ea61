import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, setU16, u16 } from './bytes.ts'
import { addToSum, checksum, updateChecksum } from './checksum.ts'

const evenBytes = (max: number) =>
  fc.nat(max / 2).chain((words) => fc.uint8Array({ minLength: words * 2, maxLength: words * 2 }))

describe('checksum', () => {
  it('of the example in RFC 1071 section 3', () => {
    expect(checksum(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7))).toBe(~0xddf2 & 0xffff)
  })
  it('pads an odd length with zero', () => {
    expect(checksum(Uint8Array.of(1, 2, 3))).toBe(checksum(Uint8Array.of(1, 2, 3, 0)))
  })
  it('does not overflow on the longest packet', () => {
    expect(checksum(new Uint8Array(65535).fill(0xff), 65535 * 40)).toBeGreaterThanOrEqual(0)
    expect(addToSum(0, new Uint8Array(65534).fill(0xff))).toBe(32767 * 65535)
  })
  it('is 0 over a message that holds it', () => {
    const holds = fc.property(evenBytes(60), (bytes) => {
      const sum = new Uint8Array(2)
      setU16(sum, 0, checksum(bytes))
      expect(checksum(concat(bytes, sum))).toBe(0)
    })
    fc.assert(holds)
  })
})

describe('incremental update', () => {
  it('of the example in RFC 1624 section 4', () => {
    const word = (value: number) => Uint8Array.of(value >>> 8, value & 255)
    expect(updateChecksum(0xdd2f, word(0x5555), word(0x3285))).toBe(0x0000)
  })
  it('gives what computing it again gives', () => {
    const same = fc.property(evenBytes(40), evenBytes(16), fc.nat(), (bytes, change, choice) => {
      fc.pre(bytes.length > 2 && change.length <= bytes.length - 2)
      const message = bytes.slice()
      message.fill(0, 0, 2)
      message[2] = 0x45
      setU16(message, 0, checksum(message))
      const at = 2 + 2 * (choice % ((bytes.length - 2 - change.length) / 2 + 1))
      const before = message.slice(at, at + change.length)
      const updated = updateChecksum(u16(message, 0), before, change)
      message.set(change, at)
      setU16(message, 0, updated)
      expect(checksum(message)).toBe(0)
    })
    fc.assert(same)
  })
})
