import { describe, expect, it } from 'vitest'
import { nestingMistake } from './nesting.ts'

describe('nestingMistake', () => {
  it.each([
    ['brackets', '['.repeat(1_000_000)],
    ['braces', '{a: '.repeat(1_000_000)],
    ['sequences in one line', '- '.repeat(1_000_000)],
    ['keys in one line', '? '.repeat(1_000_000)],
    ['indentation', Array.from({ length: 500 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ])('finds %s', (_, text) => {
    expect(nestingMistake(text)).toBeTypeOf('number')
  })

  it.each([
    ['brackets that are closed', '[] '.repeat(1000)],
    ['brackets in quotes', `a: "${'['.repeat(100)}\\"["\nb: '${'{'.repeat(100)}'`],
    ['brackets in comments', `# ${'['.repeat(100)}\na: 1 # ${'['.repeat(100)}`],
    ['an apostrophe in text', "a: it's fine\nb: [1]"],
    ['long blank lines', `a: 1\n${' '.repeat(1000)}\nb: 2`],
  ])('passes %s', (_, text) => {
    expect(nestingMistake(text)).toBeUndefined()
  })
})
