/** Diagnostics as text for people: place and sentence, the line with a mark under it, related places, a hint. */
import pc from 'picocolors'
import { formatSource } from '../source.ts'
import type { Diagnostic } from './diagnostic.ts'

export interface FormatOptions {
  /** ANSI colours; default: none. */
  readonly color?: boolean
}

export function formatDiagnostic(diagnostic: Diagnostic, { color = false }: FormatOptions = {}): string {
  const paint = pc.createColors(color)
  const { at, code, severity, message, excerpt, hint, related } = diagnostic
  const mark = severity === 'error' ? paint.red : paint.yellow
  const lines = [
    `${paint.bold(harmless(formatSource(at)))}: ${mark(`${severity} ${code}`)}: ${harmless(message)}`,
  ]
  if (excerpt) {
    const number = String(at.line)
    const ellipsis = excerpt.column > 1 ? '…' : ''
    const line = `${ellipsis}${harmless(excerpt.text)}${excerpt.more ? '…' : ''}`.trimEnd()
    const caret = at.column - excerpt.column + ellipsis.length
    const span = Math.max(1, Math.min(at.length, line.length - caret))
    const gutter = (text: string) => paint.dim(`  ${text.padStart(number.length)} |`)
    lines.push(
      `${gutter(number)} ${line}`.trimEnd(),
      `${gutter('')} ${' '.repeat(caret)}${mark('^'.repeat(span))}`,
    )
  }
  for (const other of related ?? [])
    lines.push(`  ${paint.dim('see')} ${harmless(formatSource(other.at))}: ${harmless(other.message)}`)
  if (hint !== undefined) lines.push(`  ${paint.cyan('hint')} ${harmless(hint)}`)
  return lines.join('\n')
}

/** All of them, with a count at the end. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], options: FormatOptions = {}): string {
  const count = (severity: Diagnostic['severity']) =>
    diagnostics.filter((d) => d.severity === severity).length
  const words = [plural(count('error'), 'error'), plural(count('warning'), 'warning')].filter(
    (text) => text !== '',
  )
  const blocks = diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, options))
  return [...blocks, ...(words.length > 0 ? [words.join(', ')] : [])].join('\n\n')
}

const plural = (count: number, word: string) =>
  count === 0 ? '' : `${count} ${word}${count === 1 ? '' : 's'}`

/** No character of a file may steer the terminal: control and direction characters become one visible dot each. */
function harmless(text: string): string {
  return text.replace(/\t/g, ' ').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·')
}
