/** `glacis generate`: a network file of any size, to try things with. */
import { type GenerateOptions, generateNetwork } from '../../model/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'

export function generate(options: GenerateOptions, terminal: Terminal): number {
  let text: string
  try {
    text = generateNetwork(options)
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError)
      throw new CommandError(`Generating a network failed: ${error.message}`)
    throw error
  }
  terminal.result({ network: text })
  if (!terminal.json) terminal.print(text.trimEnd())
  return exitCodes.ok
}
