/** The network file of a command: found, loaded, its mistakes shown. */
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Diagnostic, formatDiagnostics } from '../file/index.ts'
import { type Ask, type LoadResult, loadNetwork, type Network } from '../model/index.ts'
import { derivePolicy, type Policy } from '../policy/index.ts'
import { CommandError, exitCodes } from './exit-code.ts'
import { sizeOf } from './file-size.ts'
import { outcomeOf } from './mistakes.ts'
import { openProgress } from './render/progress.ts'
import { standardInput } from './standard-input.ts'
import type { Terminal } from './terminal.ts'
import { usualFile } from './usual-file.ts'
import { packageRoot } from './version.ts'

/** The file given; else `network.yaml` here; else the example that comes with Glacis, and says so. */
export function networkFile(given: string | undefined, terminal: Terminal): string {
  if (given !== undefined) return given
  if (existsSync(usualFile)) return usualFile
  const example = join(packageRoot(), 'examples', 'two-sites', usualFile)
  const near = relative('.', example)
  const path = near.length < example.length ? near : example
  terminal.say(terminal.err.dim(`no FILE given and no ${usualFile} here: taking the example, ${path}`))
  return path
}

/** Bytes of a network file from which on reading it takes its time: some 600 VMs. */
const large = 2 ** 14
/** Machines from which on it takes its time to derive their rules. */
const many = 1000

/** Loads a network file by its name, or what comes on standard input. Mistakes are values. */
export function loadFile(file: string, terminal: Terminal): LoadResult {
  const progress = openProgress(terminal)
  const size = sizeOf(file) ?? 0
  // Of a pipe nobody knows: what is gone at once does no harm, and a line of its own would.
  if (size >= large && (terminal.live || Number.isFinite(size))) progress('load', 0, 1)
  const loaded = loadNetwork(file, file === standardInput ? { path: '/dev/stdin' } : {})
  progress.end()
  return loaded
}

/** The rules of a network that a command has loaded. */
export function derived(network: Network, terminal: Terminal): Policy {
  const progress = openProgress(terminal)
  if (network.nodes.length >= many) progress('derive', 0, 1)
  const policy = derivePolicy(network)
  progress.end()
  return policy
}

/**
 * Loads a network, or ends the command: its mistakes go to stderr, and to stdout as JSON if that is wanted. Of a network that loads it is
 * only said how many warnings there are: `glacis check` shows them.
 */
export function requireNetwork(given: string | undefined, terminal: Terminal): Network {
  return requireLoaded(given, terminal).network
}

/** As {@link requireNetwork}, with what names mean in it. */
export function requireLoaded(
  given: string | undefined,
  terminal: Terminal,
): { readonly network: Network; readonly ask: Ask } {
  const file = networkFile(given, terminal)
  const { network, ask, diagnostics } = loadFile(file, terminal)
  if (network && ask) {
    const count = diagnostics.length === 1 ? '1 warning' : `${diagnostics.length} warnings`
    if (diagnostics.length > 0)
      terminal.say(terminal.err.dim(`${count} in ${file}: see 'glacis check ${file}'`))
    return { network, ask }
  }
  terminal.say(`${formatDiagnostics(diagnostics, { color: terminal.err.isColorSupported })}\n`)
  const message = `load ${file}: ${outcomeOf(diagnostics, [file], 'it describes no network')}`
  throw new CommandError(message, exitCodes.usage, { file, diagnostics: diagnostics.map(diagnosticJson) })
}

export const diagnosticJson = ({ code, severity, message, at, hint, related }: Diagnostic) => ({
  code,
  severity,
  message,
  ...at,
  hint: hint ?? null,
  related: (related ?? []).map((place) => ({ message: place.message, ...place.at })),
})

/** Whether a single argument of a command is a file, and not the name of a point or a node: these have no dot. */
export const isFile = (argument: string): boolean =>
  argument === standardInput || existsSync(argument) || argument.includes('.')
