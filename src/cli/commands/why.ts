/** `glacis why FILE FROM TO [WHAT…]`: what of all packets arrives, what stops the rest, and the smallest changes that would turn the answer. */
import { existsSync } from 'node:fs'
import { formatDiagnostics } from '../../file/index.ts'
import { type Asked, textOfQuestion } from '../../model/index.ts'
import { whyOf } from '../../verify/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { derived, diagnosticJson, networkFile, requireLoaded } from '../network-argument.ts'
import { openProgress } from '../render/progress.ts'
import { whyJson, whyText } from '../render/why-text.ts'
import { standardInput } from '../standard-input.ts'
import type { Terminal } from '../terminal.ts'

/** @param words a network file, which may be left out; who; whom; and what, in any number of words */
export function why(words: readonly string[], terminal: Terminal): number {
  const { file, asked } = questionOf(words, terminal)
  const { network, ask } = requireLoaded(file, terminal)
  const { classes, diagnostics } = ask(asked)
  const text = textOfQuestion(asked)
  if (!classes) {
    terminal.say(`${formatDiagnostics(diagnostics, { color: terminal.err.isColorSupported })}\n`)
    const message = `ask why ${text}: correct what is marked above`
    terminal.result({
      ok: false,
      error: { message, exitCode: exitCodes.usage },
      diagnostics: diagnostics.map(diagnosticJson),
    })
    throw new CommandError(message)
  }
  const progress = openProgress(terminal)
  const started = performance.now()
  const policy = derived(network, terminal)
  const isLarge = policy.points.length > 1000
  const found = whyOf(network, policy, classes, (phase) => {
    if (isLarge) progress(phase, 0, 1)
  })
  progress.end()
  if (found.ways.length === 0)
    throw new CommandError(
      `ask why ${text}: nothing is sent from there to there; name others who send, or who are addressed`,
    )
  const seconds = (performance.now() - started) / 1000
  terminal.result(whyJson(text, found, seconds))
  if (!terminal.json) terminal.print(whyText(text, found, seconds, terminal.out))
  return exitCodes.ok
}

function questionOf(words: readonly string[], terminal: Terminal): { file: string; asked: Asked } {
  const [first = ''] = words
  const given = first === standardInput || existsSync(first) || /\.(ya?ml|json)$/i.test(first)
  const [from, to, ...what] = given ? words.slice(1) : words
  if (!from || !to)
    throw new CommandError(
      `read the arguments: ${from ? 'it is not said who is to be reached' : 'it is not said who sends'}; write 'glacis why FILE FROM TO', such as 'glacis why network.yaml internet shop/web tcp 443'`,
    )
  const asked = { from, to, ...(what.length > 0 && { what: what.join(' ') }) }
  return { file: networkFile(given ? first : undefined, terminal), asked }
}
