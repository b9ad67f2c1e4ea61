/** `glacis shell NODE [-- COMMAND …]`: a shell, or a command, inside a node of a network that is up. */
import { nearest } from '../../file/index.ts'
import { enterNode, findRunning, type RunningLab, runningLabs } from '../../lab/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'

export async function shell(
  node: string,
  command: readonly string[],
  name: string | undefined,
  terminal: Terminal,
): Promise<number> {
  if (terminal.json)
    throw new CommandError('Opening a shell failed: it has no result that JSON could hold; leave out --json')
  const lab = requireLab(name)
  const id = requireId(lab, node)
  const given = command[0] === '--' ? command.slice(1) : command
  if (given.length > 0) return enter(lab, id, given)
  const program = process.env.SHELL ?? '/bin/sh'
  const plain = program.endsWith('bash') ? [program, '--norc'] : [program]
  terminal.say(`A shell in ${id} of ${lab.name}; exit leaves it`)
  return enter(lab, id, plain)
}

async function enter(lab: RunningLab, node: string, command: readonly string[]): Promise<number> {
  try {
    return await enterNode(lab, node, command)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT')
      throw new CommandError(
        `Entering ${node} failed: ${lab.name} is going down, or unshare is not installed; start it again`,
        exitCodes.unavailable,
      )
    if (code === 'EACCES' || code === 'EPERM')
      throw new CommandError(
        `Entering ${node} failed: only root may enter a node; use sudo`,
        exitCodes.unavailable,
      )
    throw error
  }
}

function requireLab(name: string | undefined): RunningLab {
  const labs = name === undefined ? runningLabs() : [findRunning(name) ?? []].flat()
  if (labs.length === 1) return labs[0] as RunningLab
  if (labs.length > 1) {
    const names = labs.map((lab) => lab.name).join(' or ')
    throw new CommandError(`Entering a node failed: several networks are up; choose with --name ${names}`)
  }
  const what = name === undefined ? 'no network is up' : `no network called ${name} is up`
  throw new CommandError(`Entering a node failed: ${what}; start one with 'glacis up'`, exitCodes.unavailable)
}

function requireId(lab: RunningLab, node: string): string {
  if (lab.namespaces[node] !== undefined) return node
  const ids = Object.keys(lab.namespaces)
  const short = ids.filter((id) => id.endsWith(`/${node}`))
  if (short.length === 1) return short[0] as string
  const near = nearest(node, ids)
  const remedy =
    short.length > 1
      ? `say ${short.join(' or ')}`
      : near
        ? `did you mean '${near}'?`
        : `it has ${ids.slice(0, 5).join(', ')}, …`
  throw new CommandError(
    `Entering '${node}' failed: ${lab.name} has ${short.length > 1 ? 'several' : 'no'} such nodes; ${remedy}`,
  )
}
