import { describe, expect, it } from 'vitest'
import { DiagnosticLog, sortedDiagnostics } from '../diagnostic/diagnostic.ts'
import { keyAt, plainValue, valueAt } from './located.ts'
import { SourceText } from './text.ts'
import { parseYaml } from './yaml.ts'

function parse(text: string) {
  const log = DiagnosticLog()
  const source = SourceText('f', text)
  log.sources.set('f', source)
  return { root: parseYaml(source, log), diagnostics: sortedDiagnostics(log) }
}

describe('parseYaml', () => {
  it('gives plain values and where they stand', () => {
    const { root } = parse('a: 1\nb:\n  - x\n  - { 22: "y" }\n')
    expect(root && plainValue(root)).toEqual({ a: 1, b: ['x', { '22': 'y' }] })
    expect(root && valueAt(root, ['b', 1, '22']).at).toMatchObject({ line: 4, column: 11, length: 3 })
    expect(root && keyAt(root, ['b', 1, '22'])).toMatchObject({ line: 4, column: 7, length: 2 })
    expect(root && valueAt(root, ['b', 7]).at).toMatchObject({ line: 3 })
  })

  it('takes IPv6 prefixes in lists for text, and hexadecimal numbers for numbers', () => {
    const { root } = parse('a: [10.0.0.0/8, fd00::/8, ::/0]\nb: 0x1bb\n')
    expect(root && plainValue(root)).toEqual({ a: ['10.0.0.0/8', 'fd00::/8', '::/0'], b: 443 })
  })

  it('expands aliases, each with the place of its anchor', () => {
    const { root } = parse('a: &x [1]\nb: *x\n')
    expect(root && plainValue(root)).toEqual({ a: [1], b: [1] })
    expect(root && valueAt(root, ['b', 0]).at).toMatchObject({ line: 1, column: 8 })
  })

  it('refuses keys that are not text', () => {
    expect(parse('? [a]\n: 1\n').diagnostics).toMatchObject([{ code: 'GL1010' }])
  })

  it.each([
    ['an unclosed bracket', 'a: [1'],
    ['an unknown alias', 'a: *x'],
    ['a second document', 'a: 1\n---\nb: 2'],
  ])('reports %s', (_, text) => {
    const { root, diagnostics } = parse(text)
    expect(root).toBeUndefined()
    expect(diagnostics[0]?.code).toBe('GL1004')
  })
})
