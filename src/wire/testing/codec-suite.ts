/** The behaviour that every codec of this folder has, under the same test names. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

/** A header and what follows it. */
export interface Carried<Header> {
  readonly header: Header
  readonly payload: Uint8Array
}

export interface CodecCase<Header> {
  readonly name: string
  /** Bytes that another implementation made, and what they mean. */
  readonly sample: Uint8Array
  readonly meaning: Carried<Header>
  /** Bytes of the sample below which it is refused; default: all of it. */
  readonly least?: number
  readonly read: (bytes: Uint8Array) => Carried<Header> | undefined
  readonly write: (carried: Carried<Header>) => Uint8Array
  readonly arbitrary: fc.Arbitrary<Header>
  /** Longest payload to try; 0 for protocols that carry none. Default 40. */
  readonly maxPayload?: number
  /** For protocols with a checksum. */
  readonly checksumHolds?: (bytes: Uint8Array) => boolean
  /** Bytes that the checksum covers; default: all. */
  readonly covered?: (carried: Carried<Header>) => number
}

export function describeCodec<Header>(codec: CodecCase<Header>): void {
  const { sample, meaning, least = sample.length, read, write, maxPayload = 40, checksumHolds } = codec
  const carried = fc.record({ header: codec.arbitrary, payload: fc.uint8Array({ maxLength: maxPayload }) })

  describe(codec.name, () => {
    it('parse', () => expect(read(sample)).toEqual(meaning))

    it('emit', () =>
      expect(Buffer.from(write(meaning)).toString('hex')).toBe(Buffer.from(sample).toString('hex')))

    it('round trip', () => {
      fc.assert(fc.property(carried, (value) => void expect(read(write(value))).toEqual(value)))
    })

    it('truncated', () => {
      for (let length = 0; length < least; length++) expect(read(sample.subarray(0, length))).toBeUndefined()
      expect(read(sample.subarray(0, least))).toBeDefined()
      fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void read(bytes)))
    })

    if (!checksumHolds) return

    it('checksum', () => {
      expect(checksumHolds(sample)).toBe(true)
      const flipBit = fc.property(carried, fc.nat(), (value, choice) => {
        const bytes = write(value).slice()
        expect(checksumHolds(bytes)).toBe(true)
        const bit = choice % (bytes.length * 8)
        bytes[bit >>> 3]! ^= 1 << (bit & 7)
        const covered = codec.covered?.(value) ?? bytes.length
        if (bit >>> 3 < covered) expect(read(bytes) && checksumHolds(bytes)).toBeFalsy()
      })
      fc.assert(flipBit)
    })
  })
}
