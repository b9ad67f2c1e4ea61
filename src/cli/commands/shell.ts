/** `glacis shell NODE [-- COMMAND …]`: a shell, or a command, inside a node of a network that is up. */
import { enterNode, type RunningLab } from '../../lab/index.ts'
import { chooseNetwork } from '../ask-network.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { findNode } from '../find-node.ts'
import { asRoot } from '../running.ts'
import type { Terminal } from '../terminal.ts'

export interface ShellOptions {
  readonly name?: string
}

/** Resolves to the exit code of the shell or command. */
export async function shell(
  node: string,
  command: readonly string[],
  { name }: ShellOptions,
  terminal: Terminal,
): Promise<number> {
  if (terminal.json)
    throw new CommandError('open a shell: it has no result that JSON could hold; leave out --json')
  const given = commandOf(command)
  return asRoot(`enter ${node}`, async () => {
    const lab = chooseNetwork(name, 'enter a node')
    refusePortable(lab)
    const id = findNode(Object.keys(lab.namespaces), node)
    if (given.length === 0)
      terminal.say(terminal.err.dim(`A shell in ${id} of ${lab.name}; 'exit' leaves it.`))
    return enter(lab, id, given.length > 0 ? given : plainShell())
  })
}

/** What follows the node; an option there would be taken for the name of a program. */
function commandOf(words: readonly string[]): readonly string[] {
  const [first = ''] = words
  if (first === '--') return words.slice(1)
  if (!first.startsWith('-')) return words
  throw new CommandError(
    `read the arguments: option '${first}' stands after the node; write options before it, see 'glacis shell --help'`,
  )
}

/** Without the user's own settings, which would hide that one is elsewhere. */
function plainShell(): readonly string[] {
  const program = process.env.SHELL ?? '/bin/sh'
  return program.endsWith('/bash') ? [program, '--norc'] : [program]
}

async function enter(lab: RunningLab, node: string, command: readonly string[]): Promise<number> {
  try {
    return await enterNode(lab, node, command)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new CommandError(
      `enter ${node}: ${lab.name} is going down, or unshare(1) is not installed; bring it up again, or install util-linux`,
      exitCodes.unavailable,
    )
  }
}

function refusePortable({ name, mode }: RunningLab): void {
  if (mode !== 'portable') return
  throw new CommandError(
    `enter a node: ${name} is up in portable mode, where nodes are no places to be in; bring it up as root, without --portable`,
    exitCodes.unavailable,
  )
}
