/** The last sentence of a command whose files have mistakes: what came of them, and the remedy. The mistakes stand above it. */
import type { Diagnostic, DiagnosticCode } from '../file/index.ts'

/** No text of the file was looked at: it is not there, too large, or not text. */
const unread: ReadonlySet<DiagnosticCode> = new Set(['GL1001', 'GL1002', 'GL1003'])

/**
 * `outcome; remedy`, without a full stop.
 * @param files as the user named them; where one of these could not be read at all, that is the outcome
 */
export function outcomeOf(
  diagnostics: readonly Diagnostic[],
  files: readonly string[],
  outcome: string,
): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  // A file that another one names is lost where that one says so.
  const lost = errors.find(
    ({ code, at, message }) =>
      unread.has(code) && files.includes(at.file) && message.startsWith(`cannot read ${at.file}: `),
  )
  if (lost) {
    const which = files.length > 1 ? lost.at.file : 'the file'
    return `${which} cannot be read; see the hint above`
  }
  return `${outcome}; correct the ${errors.length === 1 ? 'mistake' : 'mistakes'} above`
}
