/** `glacis generate`: a network file of any size, to try things with. */
import { type GenerateOptions, generateNetwork } from '../../model/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'

export function generate(options: GenerateOptions, terminal: Terminal): number {
  const text = generated(options)
  terminal.result({ network: text })
  if (!terminal.json) terminal.print(text.trimEnd())
  return exitCodes.ok
}

function generated(options: GenerateOptions): string {
  try {
    return generateNetwork(options)
  } catch (error) {
    if (error instanceof RangeError) throw new CommandError(`${error.message}; see 'glacis generate --help'`)
    throw error
  }
}
