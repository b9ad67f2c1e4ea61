import fc from 'fast-check'
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

it('matches what trying every place of every part does', () => {
  const words = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 9 })
  const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '*', '/'), maxLength: 7 })
  fc.assert(
    fc.property(patterns, words, (text, id) => {
      const every = text.replace(/\/+$/, '').replace(/\*+/g, '.*')
      expect(pathPattern(text).test(id)).toBe(new RegExp(`^${every}(/.*)?$`).test(id))
    }),
    { numRuns: 3000 },
  )
})

it('takes no longer for many parts that come everywhere', () => {
  expect(pathPattern(`${'*a'.repeat(60)}b`).test('a'.repeat(2000))).toBe(false)
})
