/** The network file of a command: found, loaded, its mistakes shown. */
import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Diagnostic, formatDiagnostics, nearest } from '../file/index.ts'
import { loadNetwork, type Network, type Node } from '../model/index.ts'
import { CommandError, exitCodes } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

/** The file given; else `network.yaml` here; else the example that comes with Glacis. */
export function networkFile(given: string | undefined): string {
  if (given !== undefined) return given
  if (existsSync('network.yaml')) return 'network.yaml'
  return relative('.', fileURLToPath(new URL('../../../examples/two-sites/network.yaml', import.meta.url)))
}

/** Loads a network or ends the command: mistakes go to stderr, and to stdout as JSON if that is wanted. */
export function requireNetwork(given: string | undefined, terminal: Terminal): Network {
  const file = networkFile(given)
  const { network, diagnostics } = loadNetwork(file)
  if (diagnostics.length > 0)
    terminal.say(formatDiagnostics(diagnostics, { color: terminal.err.isColorSupported }).trimEnd())
  if (network) return network
  terminal.result({ ok: false, diagnostics: diagnostics.map(diagnosticJson) })
  throw new CommandError(`Loading ${file} failed: correct the mistakes above`, exitCodes.usage)
}

export const diagnosticJson = ({ code, severity, message, at, hint, related }: Diagnostic) => ({
  code,
  severity,
  message,
  ...at,
  hint: hint ?? null,
  related: (related ?? []).map((place) => ({ message: place.message, ...place.at })),
})

/** The node with this id, or the only one with this last part. */
export function requireNode(network: Network, name: string): Node {
  const exact = network.nodes.find(({ id }) => id === name)
  if (exact) return exact
  const short = network.nodes.filter((node) => node.name === name)
  if (short.length === 1) return short[0] as Node
  if (short.length > 1) {
    const ids = short.map(({ id }) => id).join(' or ')
    throw new CommandError(`Finding node '${name}' failed: there are several; say ${ids}`)
  }
  const near = nearest(
    name,
    network.nodes.map(({ id }) => id),
  )
  const remedy = near ? `did you mean '${near}'?` : 'glacis check lists the kinds, glacis rules the points'
  throw new CommandError(`Finding node '${name}' failed: the network has none of that name; ${remedy}`)
}
