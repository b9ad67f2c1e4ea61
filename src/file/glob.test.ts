import { expect, it } from 'vitest'
import { globSource, pathPattern } from './glob.ts'

it.each([
  ['west', ['west', 'west/ar1', 'west/ar1/external/in'], ['wester', 'east/west']],
  ['west/', ['west', 'west/ar1'], ['west2']],
  ['west/*/in', ['west/ar1/in', 'west/host1/vm/a/in', 'west/ar1/in/deep'], ['west/ar1/out']],
  ['a.b', ['a.b'], ['axb']],
  ['a(b', ['a(b'], ['ab']],
])('%s matches ids and what lies below them', (text, matching, others) => {
  for (const id of matching) expect([id, pathPattern(text).test(id)]).toEqual([id, true])
  for (const id of others) expect([id, pathPattern(text).test(id)]).toEqual([id, false])
})

it('is a source to be anchored by whoever asks', () => {
  expect(new RegExp(`^(.*/)?${globSource('shop*')}$`).test('west/shop-web-0')).toBe(true)
})
