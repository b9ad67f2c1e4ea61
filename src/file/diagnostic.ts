/**
 * What is wrong with a file, as data. Numbered by range: GL1xxx the file itself, GL2xxx the network that it
 * describes. `diagnostic-table.ts` has the long form of each number.
 */
import type { DiagnosticCode } from './diagnostic-table.ts'
import type { SourceRange } from './source.ts'
import { lineText, type SourceText } from './text.ts'

export interface Diagnostic {
  readonly code: DiagnosticCode
  /** A warning does not keep the network from loading. */
  readonly severity: 'error' | 'warning'
  /** One sentence without a full stop. */
  readonly message: string
  readonly at: SourceRange
  /** The line that `at` is on, if the file could be read. */
  readonly excerpt?: string
  /** What to do about it. */
  readonly hint?: string
  /** Other places that have part in the mistake. */
  readonly related?: readonly { readonly message: string; readonly at: SourceRange }[]
}

export interface DiagnosticDetails {
  readonly severity?: Diagnostic['severity']
  readonly hint?: string | undefined
  readonly related?: Diagnostic['related'] | undefined
}

/** Collects the mistakes of one load; {@link sortedDiagnostics} gives them out. */
export interface DiagnosticLog {
  readonly entries: Diagnostic[]
  readonly sources: Map<string, SourceText>
  report(code: DiagnosticCode, at: SourceRange, message: string, details?: DiagnosticDetails): void
}

export function DiagnosticLog(): DiagnosticLog {
  const entries: Diagnostic[] = []
  const sources = new Map<string, SourceText>()
  return {
    entries,
    sources,
    report(code, at, message, { severity = 'error', hint, related } = {}) {
      const source = sources.get(at.file)
      entries.push({
        code,
        severity,
        message,
        at,
        ...(source && { excerpt: lineText(source, at.line) }),
        ...(hint !== undefined && { hint }),
        ...(related && { related }),
      })
    },
  }
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(({ severity }) => severity === 'error')

/** By file in the order of first mention, then by line and column; equal entries once. */
export function sortedDiagnostics(log: DiagnosticLog): readonly Diagnostic[] {
  const files = new Map<string, number>()
  for (const file of log.sources.keys()) files.set(file, files.size)
  const rank = (d: Diagnostic) => files.get(d.at.file) ?? -1
  const unique = new Map(log.entries.map((d) => [`${d.code} ${JSON.stringify(d.at)} ${d.message}`, d]))
  return [...unique.values()].sort(
    (a, b) => rank(a) - rank(b) || a.at.line - b.at.line || a.at.column - b.at.column,
  )
}
