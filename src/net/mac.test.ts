import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatMac, localMac, macBytes } from './mac.ts'

describe('hardware addresses', () => {
  it('parse and format round trip', () => {
    const six = fc.uint8Array({ minLength: 6, maxLength: 6 })
    fc.assert(fc.property(six, (bytes) => void expect(macBytes(formatMac(bytes))).toEqual(bytes)))
    expect(formatMac(macBytes('02:AB:00:00:00:01'))).toBe('02:ab:00:00:00:01')
  })
  it.each([
    '',
    '02:00:00:00:00',
    '02:00:00:00:00:01:02',
    '02-00-00-00-00-01',
    '2:0:0:0:0:1',
    '02:00:00:00:00:0g',
  ])('refuses %j', (text) => expect(() => macBytes(text)).toThrow(TypeError))
  it('local ones carry 32 bits, and are unicast', () => {
    expect(localMac(1)).toBe('02:00:00:00:00:01')
    expect(localMac(0xfedcba98)).toBe('02:00:fe:dc:ba:98')
    expect(macBytes(localMac(0xffffffff))[0]! & 3).toBe(2)
  })
})
