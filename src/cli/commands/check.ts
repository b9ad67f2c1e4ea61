/** `glacis check FILE`: whether the file describes a network, and what it is. */
import { type Diagnostic, formatDiagnostics } from '../../file/index.ts'
import { loadNetwork, type Network, virtualEndpoints } from '../../model/index.ts'
import { formatIp } from '../../net/index.ts'
import { derivePolicy, rulesOf } from '../../policy/index.ts'
import { exitCodes } from '../exit-code.ts'
import { outcomeOf } from '../mistakes.ts'
import { diagnosticJson, networkFile } from '../network-argument.ts'
import { table } from '../render/table.ts'
import type { Terminal } from '../terminal.ts'

export function check(given: string | undefined, terminal: Terminal): number {
  const file = networkFile(given, terminal)
  const { network, diagnostics } = loadNetwork(file)
  const summary = network ? summarize(network) : null
  terminal.result({ ok: summary !== null, file, summary, diagnostics: diagnostics.map(diagnosticJson) })
  const { out } = terminal
  if (diagnostics.length > 0) terminal.print(formatDiagnostics(diagnostics, { color: out.isColorSupported }))
  if (!summary) {
    const code = diagnostics.find(({ severity }) => severity === 'error')?.code
    const outcome = outcomeOf(diagnostics, [file], 'it describes no network')
    terminal.say(`glacis: check ${file}: ${outcome} ('glacis explain ${code}' tells more)`)
    return exitCodes.usage
  }
  if (diagnostics.length > 0) terminal.print('')
  terminal.print(
    `${out.green('✓')} ${out.bold(file)} describes the network ${out.bold(summary.network)}${warnings(diagnostics)}\n`,
  )
  terminal.print(summaryText(summary, terminal))
  return exitCodes.ok
}

const warnings = (diagnostics: readonly Diagnostic[]): string =>
  diagnostics.length > 0 ? ', with the warnings above' : ''

type Summary = ReturnType<typeof summarize>

function summarize(network: Network) {
  const nodes: Record<string, number> = {}
  for (const { kind } of network.nodes) nodes[kind] = (nodes[kind] ?? 0) + 1
  const { points } = derivePolicy(network)
  const pointsOfKinds: Record<string, number> = {}
  for (const { kind } of points) pointsOfKinds[kind] = (pointsOfKinds[kind] ?? 0) + 1
  return {
    network: network.name,
    sites: network.sites.map(({ name }) => name),
    nodes,
    vms: nodes.vm ?? 0,
    links: network.links.length,
    services: network.services.map(({ name, tenant, deployments }) => ({
      name,
      tenant,
      vips: Object.fromEntries(deployments.map(({ site, vips }) => [site, vips.map(formatIp)])),
    })),
    vips: new Set(virtualEndpoints(network).map(({ vip }) => formatIp(vip))).size,
    endpoints: virtualEndpoints(network).length,
    points: points.length,
    pointsOfKinds,
    rules: points.reduce((sum, point) => sum + rulesOf(point).length, 0),
  }
}

function summaryText(summary: Summary, { out }: Terminal): string {
  const { sites, nodes, services, vips, endpoints, links } = summary
  const machines = Object.values(nodes).reduce((sum, number) => sum + number, 0)
  const kinds = Object.entries(nodes).map(([kind, number]) => `${number} ${kind}`)
  const points = Object.entries(summary.pointsOfKinds).map(([kind, number]) => `${number} ${kind}`)
  const rows = [
    ['sites', shortened(sites)],
    ['nodes', `${machines}, joined by ${links} links`],
    ...inLines(kinds).map((line) => ['', out.dim(line)]),
    ['services', shortened(services.map(({ name, tenant }) => `${name} (${tenant})`))],
    ['VIPs', `${vips} addresses, ${endpoints} endpoints`],
    ['points', `${summary.points} enforcement points, ${summary.rules} rules`],
    ...inLines(points).map((line) => ['', out.dim(line)]),
  ]
  return table(rows, '  ')
}

const shown = 6

const shortened = (items: readonly string[]): string =>
  items.length > shown ? `${items.slice(0, shown).join(', ')}, … (${items.length})` : items.join(', ')

const inLines = (items: readonly string[]): string[] =>
  Array.from({ length: Math.ceil(items.length / shown) }, (_, line) =>
    items.slice(line * shown, (line + 1) * shown).join(', '),
  )
