/** `glacis explain CODE`: the long form of a diagnostic. */
import { diagnosticTable, explainDiagnostic, nearest } from '../../file/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'

export function explain(code: string, terminal: Terminal): number {
  const entry = explainDiagnostic(code.toUpperCase())
  if (!entry) {
    const near = nearest(code.toUpperCase(), Object.keys(diagnosticTable))
    throw new CommandError(
      `Explaining ${code} failed: there is no such diagnostic; ${near ? `did you mean ${near}?` : 'codes look like GL2001'}`,
    )
  }
  terminal.result(entry)
  if (!terminal.json) terminal.print(`${terminal.out.bold(`${entry.code}: ${entry.title}`)}\n\n${entry.text}`)
  return exitCodes.ok
}
