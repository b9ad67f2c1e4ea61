/** `glacis explain WORD`: the long form of a diagnostic, or what `glacis check` proves by the name that it prints. */
import { explainDiagnostic } from '../../file/index.ts'
import { exitCodes } from '../exit-code.ts'
import { wrapped } from '../render/wrapped.ts'
import type { Terminal } from '../terminal.ts'

export async function explain(word: string, terminal: Terminal): Promise<number> {
  const entry = explainDiagnostic(word)
  // Invariants are loaded for those alone who ask for one.
  if (!entry) return (await import('./explain-promise.ts')).explainPromise(word, terminal)
  terminal.result(entry)
  if (!terminal.json)
    terminal.print(`${terminal.out.bold(`${entry.code}: ${entry.title}`)}\n\n${wrapped(entry.text)}`)
  return exitCodes.ok
}
