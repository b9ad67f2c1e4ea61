import { describe, expect, it } from 'vitest'
import { lineText, rangeAt, SourceText } from './text.ts'

describe('rangeAt', () => {
  const source = SourceText('f', 'one\r\ntwo three\n\nfour')

  it('gives 1-based lines and columns', () => {
    expect(rangeAt(source, 0, 3)).toEqual({ file: 'f', line: 1, column: 1, length: 3 })
    expect(rangeAt(source, 9, 14)).toEqual({ file: 'f', line: 2, column: 5, length: 5 })
    expect(rangeAt(source, 16, 20)).toEqual({ file: 'f', line: 4, column: 1, length: 4 })
  })

  it('ends at the end of its first line, without the line break', () => {
    expect(rangeAt(source, 5, 20)).toEqual({ file: 'f', line: 2, column: 1, length: 9 })
  })

  it('has a length of at least 1, also past the end', () => {
    expect(rangeAt(source, 15, 15)).toEqual({ file: 'f', line: 3, column: 1, length: 1 })
    expect(rangeAt(source, 999, 1000)).toEqual({ file: 'f', line: 4, column: 5, length: 1 })
  })
})

describe('lineText', () => {
  it('leaves out line breaks of both kinds, and is empty past the end', () => {
    const source = SourceText('f', 'one\r\ntwo')
    expect([1, 2, 3].map((line) => lineText(source, line))).toEqual(['one', 'two', ''])
  })
})
