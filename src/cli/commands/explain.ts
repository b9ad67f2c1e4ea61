/** `glacis explain CODE`: the long form of a diagnostic. */
import { diagnosticTable, explainDiagnostic, nearest } from '../../file/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'

export function explain(code: string, terminal: Terminal): number {
  const entry = explainDiagnostic(code)
  if (!entry) {
    const near = nearest(code.toUpperCase(), Object.keys(diagnosticTable))
    const remedy =
      near === undefined ? "codes look like GL2001, and 'glacis check' shows them" : `did you mean ${near}?`
    throw new CommandError(`explain ${code}: there is no such diagnostic; ${remedy}`)
  }
  terminal.result(entry)
  if (!terminal.json)
    terminal.print(`${terminal.out.bold(`${entry.code}: ${entry.title}`)}\n\n${wrap(entry.text)}`)
  return exitCodes.ok
}

const width = 80

/** Breaks paragraphs into lines that are pleasant to read. */
const wrap = (text: string): string =>
  text
    .split('\n\n')
    .map((paragraph) => paragraph.replace(new RegExp(`(.{1,${width}})(?: |$)`, 'g'), '$1\n').trimEnd())
    .join('\n\n')
