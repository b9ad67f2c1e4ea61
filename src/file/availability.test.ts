import { expect, test } from 'vitest'
import { formatAvailability, formatDowntime, parseAvailability, parseSpan } from './availability.ts'

test('a share of the time is read', () => {
  expect(parseAvailability('99.95%')).toBeCloseTo(0.9995, 12)
  expect(parseAvailability('100%')).toBe(1)
  for (const text of ['0%', '101%', '99.95', '0.9995', '-1%', '', '%'])
    expect(parseAvailability(text), text).toBeUndefined()
})

test('lengths of time are hours', () => {
  expect(parseSpan('30m')).toBe(0.5)
  expect(parseSpan('2.5h')).toBe(2.5)
  expect(parseSpan('90d')).toBe(2160)
  expect(parseSpan('5y')).toBe(43_800)
  for (const text of ['0h', '5', '5 y', 'h', '1h30m']) expect(parseSpan(text), text).toBeUndefined()
})

test('what is less than always is never shown as always', () => {
  expect(formatAvailability(1)).toBe('100%')
  expect(formatAvailability(0.9995)).toBe('99.95%')
  expect(formatAvailability(0.5)).toBe('50%')
  for (const gap of [1e-3, 3e-5, 4.2e-7, 1e-9]) {
    const shown = Number.parseFloat(formatAvailability(1 - gap))
    expect(shown).toBeLessThan(100)
    expect(100 - shown).toBeCloseTo(100 * gap, Math.round(-Math.log10(gap)) - 1)
  }
})

test('downtime is of a year', () => {
  expect(formatDowntime(0.001)).toBe('8.76 h')
  expect(formatDowntime(0.00001)).toBe('5.3 min')
  expect(formatDowntime(1e-8)).toBe('0.3 s')
})
