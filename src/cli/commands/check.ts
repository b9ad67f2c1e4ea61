/** `glacis check FILE`: whether the file describes a network, and what it is. */
import { formatDiagnostics, hasErrors } from '../../file/index.ts'
import { loadNetwork, type Network, virtualEndpoints } from '../../model/index.ts'
import { derivePolicy, rulesOf } from '../../policy/index.ts'
import { exitCodes } from '../exit-code.ts'
import { diagnosticJson, networkFile } from '../network-argument.ts'
import { table } from '../render/table.ts'
import type { Terminal } from '../terminal.ts'

export function check(given: string | undefined, terminal: Terminal): number {
  const file = networkFile(given)
  const { network, diagnostics } = loadNetwork(file)
  if (diagnostics.length > 0)
    terminal.say(formatDiagnostics(diagnostics, { color: terminal.err.isColorSupported }).trimEnd())
  const summary = network ? summarize(network) : null
  const ok = !hasErrors(diagnostics)
  terminal.result({ ok, file, summary, diagnostics: diagnostics.map(diagnosticJson) })
  if (!summary) {
    const count = diagnostics.filter(({ severity }) => severity === 'error').length
    terminal.say(`${count === 1 ? '1 mistake' : `${count} mistakes`} in ${file}`)
    return exitCodes.usage
  }
  const { out } = terminal
  terminal.print(
    [
      `${out.green('✓')} ${out.bold(summary.network)}: ${file} describes a network`,
      table(
        [
          ['sites', summary.sites.join(', ')],
          [
            'nodes',
            Object.entries(summary.nodes)
              .map(([kind, count]) => `${count} ${kind}`)
              .join(', '),
          ],
          ['services', summary.services.map(({ name, tenant }) => `${name} (${tenant})`).join(', ')],
          ['endpoints', `${summary.endpoints} at VIPs`],
          ['rules', `${summary.rules} at ${summary.points} enforcement points`],
        ],
        '  ',
      ),
    ].join('\n'),
  )
  return exitCodes.ok
}

function summarize(network: Network) {
  const nodes: Record<string, number> = {}
  for (const { kind } of network.nodes) nodes[kind] = (nodes[kind] ?? 0) + 1
  const { points } = derivePolicy(network)
  return {
    network: network.name,
    sites: network.sites.map(({ name }) => name),
    nodes,
    services: network.services.map(({ name, tenant }) => ({ name, tenant })),
    endpoints: virtualEndpoints(network).length,
    points: points.length,
    rules: points.reduce((sum, point) => sum + rulesOf(point).length, 0),
  }
}
