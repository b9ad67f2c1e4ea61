import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DiagnosticLog } from '../diagnostic/diagnostic.ts'
import { parseJson } from './json.ts'
import { plainValue, valueAt } from './located.ts'
import { SourceText } from './text.ts'

function read(text: string) {
  const log = DiagnosticLog()
  const document = parseJson(SourceText('a.json', text), log)
  return { document, mistakes: log.entries.map((d) => `${d.at.line}:${d.at.column} ${d.code} ${d.message}`) }
}

const parsed = (text: string): { value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

describe('parseJson', () => {
  it('gives what JSON.parse gives, of any value', () =>
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        const { document } = read(text)
        expect(document && plainValue(document.root)).toEqual(JSON.parse(text))
      }),
    ))

  it('refuses what JSON.parse refuses, and reads what it reads', () => {
    const piece = fc.constantFrom(
      ...'{}[],:"\\/-+.eE019 \n\tau',
      'true',
      'null',
      '"a"',
      '"b":',
      '\\u00e9',
      '\\ud83d',
      '1e5',
    )
    const damaged = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(damaged, (text) => {
        // Comments, lines in strings and keys given twice are matters of their own.
        fc.pre(!/\/[/*]|"[^"]*[\n\t]/.test(text) && !/"b".*"b"|"a".*"a"/s.test(text))
        const { document, mistakes } = read(text)
        expect(document ? { value: plainValue(document.root) } : undefined).toEqual(parsed(text))
        expect(mistakes.length).toBe(document ? 0 : 1)
      }),
      { numRuns: 5000 },
    )
  })

  it('passes over a byte-order mark and comments, and tells where values stand', () => {
    const { document } = read('\ufeff// first\n{ /* a { */ "a/b": [1, "//no" // yes\n] }')
    expect(document && plainValue(document.root)).toEqual({ 'a/b': [1, '//no'] })
    const second = document && valueAt(document.root, ['a/b', 1])
    expect(second?.at).toEqual({ file: 'a.json', line: 2, column: 24, length: 6 })
    expect(second && document?.pointer(second.at)).toBe('/a~1b/1')
  })

  it('reads text over several lines', () => {
    const { document } = read('{"a": "b\nc"}')
    expect(document && plainValue(document.root)).toEqual({ a: 'b\nc' })
  })

  it.each([
    ['{"a": 1,}', "1:8 GL1040 not JSON: no comma before '}'"],
    ['{"a": 1\n', "1:1 GL1040 not JSON: there is no '}' for this bracket"],
    ['[1 2]', "1:4 GL1040 not JSON: expected ',' or ']'"],
    ["{'a': 1}", '1:2 GL1040 not JSON: expected a key in double quotes'],
    ['{"a" 1}', "1:6 GL1040 not JSON: expected ':' after the key"],
    ['[yes]', '1:2 GL1040 not JSON: expected a value'],
    ['["\\x"]', "1:3 GL1040 not JSON: '\\x' means nothing"],
    ['["a', '1:2 GL1040 not JSON: the quotes of this text are not closed'],
    ['', '1:1 GL1040 not JSON: the file ends too early'],
    ['{} {}', '1:4 GL1040 not JSON: something follows the end of the document'],
    ['[1 /* 2]', '1:4 GL1040 not JSON: this comment is not closed'],
    ['{"a": 1, "a": 2}', "1:10 GL1007 'a' is given twice"],
  ])('says what is wrong with %j', (text, mistake) => expect(read(text).mistakes).toEqual([mistake]))

  it('is bounded in depth', () =>
    expect(read('['.repeat(100_000)).mistakes[0]).toContain('nested too deeply'))
})
