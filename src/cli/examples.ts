/** What stands below the help of a verb: command lines to copy, and what exit codes say. */
import type { Command } from 'commander'
import { exitCodeHelpOf } from './exit-code.ts'

/** Returns the command. */
export const addExamples = (command: Command, examples: readonly string[]): Command =>
  command.addHelpText(
    'after',
    `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}\n\n${exitCodeHelpOf(command.name())}`,
  )
