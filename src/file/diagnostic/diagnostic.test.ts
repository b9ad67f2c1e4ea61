import { describe, expect, it } from 'vitest'
import { rangeAt, SourceText } from '../syntax/text.ts'
import { DiagnosticLog, maxDiagnostics, sortedDiagnostics } from './diagnostic.ts'

function logOf(text: string) {
  const log = DiagnosticLog()
  const source = SourceText('f', text)
  log.sources.set('f', source)
  return { log, at: (start: number, end = start + 1) => rangeAt(source, start, end) }
}

describe('sortedDiagnostics', () => {
  it('sorts by place and gives equal ones once', () => {
    const { log, at } = logOf('one\ntwo\n')
    log.report('GL1010', at(4), 'b')
    log.report('GL1010', at(0), 'a')
    log.report('GL1010', at(4), 'b')
    expect(sortedDiagnostics(log).map(({ message }) => message)).toEqual(['a', 'b'])
  })

  it('puts what concerns a file that could not be read first, then the files as they were read', () => {
    const { log, at } = logOf('one')
    log.sources.set('g', SourceText('g', 'x'))
    log.report('GL1010', { file: 'g', line: 1, column: 1, length: 1 }, 'second')
    log.report('GL1010', at(0), 'first')
    expect(sortedDiagnostics(log).map(({ message }) => message)).toEqual(['first', 'second'])
  })

  it('gives out no more than a person would read, errors before warnings', () => {
    const { log, at } = logOf('x'.repeat(20_000))
    log.report('GL1010', at(0), 'warning', { severity: 'warning' })
    for (let i = 0; i < 20_000; i++) log.report('GL1010', at(i), 'error')
    const sorted = sortedDiagnostics(log)
    expect(sorted).toHaveLength(maxDiagnostics + 1)
    expect(sorted.at(-1)).toMatchObject({
      code: 'GL1013',
      message: 'there are more than 9500 more mistakes, which are not shown',
    })
    expect(sorted.some(({ severity }) => severity === 'warning')).toBe(false)
  })
})

describe('report', () => {
  it('keeps no sentence longer than a person would read', () => {
    const { log, at } = logOf('one')
    log.report('GL1010', at(0), 'x'.repeat(1_000_000), { hint: 'y'.repeat(1_000_000) })
    expect(log.entries[0]?.message).toHaveLength(300)
    expect(log.entries[0]?.hint).toHaveLength(300)
  })
})

describe('an excerpt', () => {
  it('is the line', () => {
    const { log, at } = logOf('one\r\ntwo\r\n')
    log.report('GL1010', at(5), 'x')
    expect(log.entries[0]?.excerpt).toEqual({ text: 'two', column: 1, more: false })
  })

  it.each([
    [0, 1, true],
    [500, 481, true],
    [999, 901, false],
  ])('of a line of 1,000 characters, about column %d, begins at column %d', (offset, column, more) => {
    const { log, at } = logOf('x'.repeat(1000))
    log.report('GL1010', at(offset), 'x')
    expect(log.entries[0]?.excerpt).toEqual({ text: 'x'.repeat(100), column, more })
  })
})
