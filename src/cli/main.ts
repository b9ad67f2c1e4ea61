/** The `glacis` command: runs a command line, and says how it went. */
import { CommanderError } from 'commander'
import { CommandError, exitCodes } from './exit-code.ts'
import { createProgram } from './program.ts'
import { type Output, openTerminal, type Terminal } from './terminal.ts'

export { needsRoom, runWithRoom } from './room.ts'

export interface Streams {
  readonly stdout?: Output
  readonly stderr?: Output
}

/**
 * Runs a command line without the program's own name; resolves to the exit code. Mistakes of the user are told on stderr, with
 * `--json` on stdout too. Rejects only for what is a bug of Glacis.
 */
export async function main(argv: readonly string[], streams: Streams = {}): Promise<number> {
  const terminal = openTerminal({ json: wantsJson(argv), ...streams })
  let exitCode: number = exitCodes.ok
  const program = createProgram(terminal, (code) => {
    exitCode = code
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0 || error.code === 'commander.version') return exitCodes.ok
      if (error.code === 'commander.help') return exitCodes.usage
      const verb = verbOf(argv, terminal)
      return fail(new CommandError(argumentText(error, verb), errorCode(verb, exitCodes.usage)), terminal)
    }
    if (!(error instanceof CommandError)) throw error
    const { message, details } = error
    return fail(
      new CommandError(message, errorCode(verbOf(argv, terminal), error.exitCode), details),
      terminal,
    )
  }
}

/** Of `plan` 2 says that something changes: whatever went wrong is 1. */
const errorCode = (verb: string | undefined, code: number): number =>
  verb === 'plan' ? exitCodes.planError : code

function fail({ message, exitCode, details }: CommandError, terminal: Terminal): number {
  terminal.say(`${terminal.err.red('glacis:')} ${message}`)
  terminal.result({ ok: false, error: { message, exitCode }, ...details })
  return exitCode
}

/** What follows `--` belongs to a command inside a node. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json')
}

/** The verb of a command line, if it is one, with its own verb: `access grant`. */
function verbOf(argv: readonly string[], terminal: Terminal): string | undefined {
  let { commands } = createProgram(terminal, () => {})
  const verbs: string[] = []
  for (const word of argv.filter((argument) => !argument.startsWith('-'))) {
    const command = commands.find((known) => known.name() === word)
    if (!command) break
    verbs.push(word)
    commands = command.commands
  }
  return verbs.length > 0 ? verbs.join(' ') : undefined
}

function argumentText({ message }: CommanderError, verb: string | undefined): string {
  const text = message
    .replace(/^error: /, '')
    .replace(/\n\((.*)\)$/, (_, question: string) => `; ${question.replace(/^D/, 'd')}`)
    .replace(/\.$/, '')
  return `read the arguments: ${text}; see 'glacis ${verb === undefined ? '' : `${verb} `}--help'`
}
