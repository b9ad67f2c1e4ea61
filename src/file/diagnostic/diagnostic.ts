/**
 * What is wrong with a file, as data. Numbered by range: GL1xxx the file itself, GL2xxx the network that it
 * describes. `diagnostic-table.ts` has the long form of each number.
 */

import type { SourceRange } from '../source.ts'
import { lineLength, lineText, type SourceText } from '../syntax/text.ts'
import type { DiagnosticCode } from './diagnostic-table.ts'

export interface Diagnostic {
  readonly code: DiagnosticCode
  /** A warning does not keep the network from loading. */
  readonly severity: 'error' | 'warning'
  /** One sentence without a full stop. */
  readonly message: string
  readonly at: SourceRange
  /** The line that `at` is on, if the file could be read. */
  readonly excerpt?: Excerpt
  /** What to do about it. */
  readonly hint?: string
  /** Other places that have part in the mistake. */
  readonly related?: readonly { readonly message: string; readonly at: SourceRange }[]
}

/** A line of a file, or of a long line the part around a mistake. */
export interface Excerpt {
  readonly text: string
  /** 1-based column of its first character. */
  readonly column: number
  /** True if the line goes on after it. */
  readonly more: boolean
}

export interface DiagnosticDetails {
  readonly severity?: Diagnostic['severity']
  readonly hint?: string | undefined
  readonly related?: Diagnostic['related'] | undefined
}

/** Collects the mistakes of one load; {@link sortedDiagnostics} gives them out. */
export interface DiagnosticLog {
  readonly entries: readonly Diagnostic[]
  readonly sources: Map<string, SourceText>
  report(code: DiagnosticCode, at: SourceRange, message: string, details?: DiagnosticDetails): void
}

/** Mistakes beyond this number are not kept: a file that has so many is of another kind. */
const maxKept = 10_000
/** Mistakes beyond this number are not given out. */
export const maxDiagnostics = 500

export function DiagnosticLog(): DiagnosticLog {
  const entries: Diagnostic[] = []
  const sources = new Map<string, SourceText>()
  return {
    entries,
    sources,
    report(code, at, message, { severity = 'error', hint, related } = {}) {
      if (entries.length >= maxKept) return
      const source = sources.get(at.file)
      entries.push({
        code,
        severity,
        message: bounded(message),
        at,
        ...(source && { excerpt: excerptOf(source, at) }),
        ...(hint !== undefined && { hint: bounded(hint) }),
        ...(related && { related }),
      })
    },
  }
}

/** Names and messages that come from a file may be as long as it. */
const bounded = (text: string): string => (text.length > 300 ? `${text.slice(0, 299)}…` : text)

/** How much of a line is kept, and how much of that stands before the mistake. */
const excerptWidth = 100
const excerptLead = 20

function excerptOf(source: SourceText, { line, column }: SourceRange): Excerpt {
  const length = lineLength(source, line)
  const start =
    length <= excerptWidth ? 0 : Math.max(0, Math.min(column - 1 - excerptLead, length - excerptWidth))
  return {
    text: lineText(source, line, start, start + excerptWidth),
    column: start + 1,
    more: start + excerptWidth < length,
  }
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(({ severity }) => severity === 'error')

/**
 * By file in the order of first mention, then by line and column; equal entries once. Of very many, the first
 * {@link maxDiagnostics}, errors first, and one more that says so.
 */
export function sortedDiagnostics(log: DiagnosticLog): readonly Diagnostic[] {
  const files = new Map<string, number>()
  for (const file of log.sources.keys()) files.set(file, files.size)
  const rank = (d: Diagnostic) => files.get(d.at.file) ?? -1
  const byPlace = (a: Diagnostic, b: Diagnostic) =>
    rank(a) - rank(b) || a.at.line - b.at.line || a.at.column - b.at.column
  const unique = [
    ...new Map(log.entries.map((d) => [`${d.code} ${JSON.stringify(d.at)} ${d.message}`, d])).values(),
  ]
  const sorted = unique.sort(byPlace)
  if (sorted.length <= maxDiagnostics) return sorted
  const kept = sorted
    .sort((a, b) => a.severity.localeCompare(b.severity) || byPlace(a, b))
    .slice(0, maxDiagnostics)
  const atLeast = log.entries.length >= maxKept ? 'more than ' : ''
  const { at } = kept.at(-1) as Diagnostic
  return [
    ...kept.sort(byPlace),
    {
      code: 'GL1013',
      severity: 'error',
      message: `there are ${atLeast}${sorted.length - maxDiagnostics} more mistakes, which are not shown`,
      at,
      hint: 'is this the right file?',
    },
  ]
}
