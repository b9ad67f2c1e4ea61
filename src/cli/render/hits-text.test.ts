import { expect, test } from 'vitest'
import { openTerminal } from '../terminal.ts'
import { agoText, hitsText } from './hits-text.ts'

const { out } = openTerminal({ json: false, environment: { NO_COLOR: '1' } })

test('hits: how many, how much, how long ago', () => {
  const lastHit = '2026-01-01T00:00:00.000000Z'
  const now = Date.parse('2026-01-01T00:01:30Z')
  expect(hitsText({ id: 'x', meaning: '', packets: 1, bytes: 60, lastHit }, out, false, now)).toBe(
    '1 packet, 60 bytes, last 1 min ago',
  )
  expect(hitsText({ id: 'x', meaning: '', packets: 0, bytes: 0, lastHit: null }, out)).toBe('never')
  expect(hitsText(undefined, out)).toBe('not in the running network')
  expect(hitsText(undefined, out, true)).toContain('another rule of this name')
})

test.each([
  [-5, '0 s'],
  [999, '0 s'],
  [59_000, '59 s'],
  [3_600_000, '1 h'],
  [200_000_000, '2 d'],
])('%i ms are %s', (milliseconds, text) => expect(agoText(milliseconds)).toBe(text))
