import { describe, expect, it } from 'vitest'
import type { Diagnostic } from './diagnostic.ts'
import { formatDiagnostic, formatDiagnostics } from './format-diagnostic.ts'

const diagnostic = (more: Partial<Diagnostic> = {}): Diagnostic => ({
  code: 'GL1008',
  severity: 'error',
  message: "unknown key 'prot'",
  at: { file: 'network.yaml', line: 12, column: 3, length: 4 },
  excerpt: { text: '  prot: 443', column: 1, more: false },
  hint: "did you mean 'port'?",
  ...more,
})

describe('formatDiagnostic', () => {
  it('shows the place, the line, a mark under it and the hint', () => {
    expect(formatDiagnostic(diagnostic()).split('\n')).toEqual([
      "network.yaml:12:3: error GL1008: unknown key 'prot'",
      '  12 |   prot: 443',
      '     |   ^^^^',
      "  hint did you mean 'port'?",
    ])
  })

  it('shows no line where none could be read', () => {
    const { excerpt: _, ...bare } = diagnostic()
    expect(formatDiagnostic(bare).split('\n')).toHaveLength(2)
  })

  it('marks the right part of a long line', () => {
    const excerpt = { text: `${'x'.repeat(20)}prot${'y'.repeat(76)}`, column: 481, more: true }
    const at = { file: 'f', line: 1, column: 501, length: 4 }
    const [, line = '', mark = ''] = formatDiagnostic(diagnostic({ excerpt, at })).split('\n')
    expect(line).toMatch(/^ {2}1 \| …x.*y…$/)
    expect(line.slice(mark.indexOf('^'), mark.lastIndexOf('^') + 1)).toBe('prot')
  })

  it('keeps the mark under a character after tabs', () => {
    const [, line = '', mark = ''] = formatDiagnostic(
      diagnostic({ excerpt: { text: '\t\tprot: 443', column: 1, more: false } }),
    ).split('\n')
    expect(line.slice(mark.indexOf('^'), mark.lastIndexOf('^') + 1)).toBe('prot')
  })

  it('lets no text of a file steer the terminal', () => {
    const hostile = '\u001b[2J\u202e\u0007'
    const text = formatDiagnostic(
      diagnostic({
        message: hostile,
        excerpt: { text: hostile, column: 1, more: false },
        hint: hostile,
        at: { file: hostile, line: 1, column: 1, length: 1 },
      }),
    )
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })

  it('colours if asked to', () => {
    expect(formatDiagnostic(diagnostic(), { color: true })).toContain('\u001b[31m')
    expect(formatDiagnostic(diagnostic())).not.toContain('\u001b')
  })
})

describe('formatDiagnostics', () => {
  it('counts', () => {
    const text = formatDiagnostics([diagnostic(), diagnostic(), diagnostic({ severity: 'warning' })])
    expect(text.split('\n').at(-1)).toBe('2 errors, 1 warning')
    expect(formatDiagnostics([])).toBe('')
  })
})
