import { expect, it } from 'vitest'
import { quoted } from './quote.ts'

it.each([
  ['plain words', "'plain words'"],
  ["it's", "'it''s'"],
  ["'; Remove-Item C:\\ -Recurse; '", "'''; Remove-Item C:\\ -Recurse; '''"],
  ['$(calc) `n "x"', '\'$(calc) `n "x"\''],
  ['two\r\nlines', "'two lines'"],
  ['\u2019; calc; \u2018', "'_; calc; _'"],
  ['caf\u00e9', "'caf_'"],
])('quotes %s', (text, expected) => {
  expect(quoted(text)).toBe(expected)
})
