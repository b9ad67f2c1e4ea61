import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatDuration, parseDuration } from './duration.ts'

it.each([
  ['30m', 1800],
  ['8h', 28_800],
  ['1h30m', 5400],
  ['90s', 90],
  ['1h1m1s', 3661],
])('%s is %i seconds', (text, seconds) => expect(parseDuration(text)).toBe(seconds))

it.each(['', '30', 'm', '0s', '-1h', '1.5h', '30m1h', '30 m', '1d', '99999h', '1h '])(
  '%j is no duration',
  (text) => expect(parseDuration(text)).toBeUndefined(),
)

it('what is written is read again', () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 35_999_999 }), (seconds) => {
      expect(parseDuration(formatDuration(seconds))).toBe(seconds)
    }),
  ))

it('nothing left is 0s', () => expect(formatDuration(-3)).toBe('0s'))
