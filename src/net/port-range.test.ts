import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatPortRange, PortRange, parsePortRange, portInRange } from './port-range.ts'

const port = fc.nat(65535)
const range = fc.tuple(port, port).map(([a, b]) => PortRange(Math.min(a, b), Math.max(a, b)))

describe('port ranges', () => {
  it('parse and format round trip', () => {
    fc.assert(
      fc.property(range, (value) => void expect(parsePortRange(formatPortRange(value))).toEqual(value)),
    )
  })
  it.each([
    ['443', 443, 443],
    ['0-65535', 0, 65535],
    ['7-7', 7, 7],
  ])('%s', (text, first, last) => expect(parsePortRange(text)).toEqual({ first, last }))
  it.each(['', '-', '1-', '-1', '9-8', '65536', '0-65536', '1-2-3', '0x10', '1 - 2', 'http'])(
    'refuses %j',
    (text) => expect(parsePortRange(text)).toBeUndefined(),
  )
  it('hold their ends', () => {
    const ends = fc.property(range, port, ({ first, last }, p) => {
      expect(portInRange({ first, last }, first) && portInRange({ first, last }, last)).toBe(true)
      expect(portInRange({ first, last }, p)).toBe(first <= p && p <= last)
    })
    fc.assert(ends)
  })
  it('cannot be built reversed or outside', () => {
    for (const [first, last] of [
      [2, 1],
      [-1, 1],
      [0, 65536],
      [0.5, 1],
    ] as const)
      expect(() => PortRange(first, last)).toThrow('is not within 0-65535')
  })
})
