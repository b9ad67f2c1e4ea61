import { expect, it } from 'vitest'
import { formatBytes, parseBytes } from './byte-amount.ts'

it.each([
  ['1B', 1],
  ['1500B', 1500],
  ['64kB', 64_000],
  ['25MB', 25_000_000],
  ['1000GB', 1e12],
])('%s is %d bytes, and is written so', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes)
  expect(parseBytes(formatBytes(bytes))).toBe(bytes)
})

it.each(['', '1', '0B', '1.5MB', '-1B', '1KB', '1 MB', '1mb', '1001GB', '1e3B'])('%j is no amount', (text) =>
  expect(parseBytes(text)).toBeUndefined(),
)
