/** `glacis shell NODE [-- COMMAND …]`: a shell, or a command, inside a node of a network that is up. */
import { enterNode, type RunningLab } from '../../lab/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { findNode } from '../find-node.ts'
import { asRoot, findNetworks } from '../running.ts'
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
  return asRoot(`enter ${node}`, async () => {
    const lab = chooseNetwork(name)
    const id = findNode(Object.keys(lab.namespaces), node)
    const given = command[0] === '--' ? command.slice(1) : command
    if (given.length === 0)
      terminal.say(terminal.err.dim(`A shell in ${id} of ${lab.name}; 'exit' leaves it.`))
    return enter(lab, id, given.length > 0 ? given : plainShell())
  })
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

function chooseNetwork(name: string | undefined): RunningLab {
  const labs = findNetworks(name)
  const [lab] = labs
  if (lab && labs.length === 1) return lab
  if (lab) {
    const names = labs.map((other) => other.name).join(' or ')
    throw new CommandError(`enter a node: ${labs.length} networks are up; choose with --name ${names}`)
  }
  const what = name === undefined ? 'no network is up' : `no network called ${name} is up`
  throw new CommandError(`enter a node: ${what}; bring one up with 'glacis up'`, exitCodes.unavailable)
}
