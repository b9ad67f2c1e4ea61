/** `glacis check FILE`: whether the file describes a network, what it is, and whether it keeps what is promised of every network. */
import { nameInvariants, zoneOf } from '../../dns/index.ts'
import { type Diagnostic, formatDiagnostics } from '../../file/index.ts'
import { type Network, virtualEndpoints } from '../../model/index.ts'
import { formatIp } from '../../net/index.ts'
import { type Policy, rulesOf } from '../../policy/index.ts'
import { failuresOf, judgeFailures, prove, type Verdict } from '../../verify/index.ts'
import { exitCodes } from '../exit-code.ts'
import { outcomeOf } from '../mistakes.ts'
import { derived, diagnosticJson, loadFile, networkFile } from '../network-argument.ts'
import { type FailuresFound, failuresJson, failuresText } from '../render/failures-text.ts'
import { openProgress } from '../render/progress.ts'
import { proofJson, proofText } from '../render/proof-text.ts'
import { table } from '../render/table.ts'
import type { Terminal } from '../terminal.ts'

export interface CheckOptions {
  /** Prove the invariants. */
  readonly proof: boolean
  /** How many elements fail at a time; absent: none. */
  readonly failures?: 1 | 2
}

export function check(given: string | undefined, options: CheckOptions, terminal: Terminal): number {
  const file = networkFile(given, terminal)
  const { network, diagnostics } = loadFile(file, terminal)
  const policy = network && derived(network, terminal)
  const summary = network && policy ? summarize(network, policy) : null
  const proof = network && policy && options.proof ? proven(network, policy, terminal) : undefined
  const failures =
    network && policy && options.failures && failing(network, policy, options.failures, terminal)
  const holds =
    (proof?.verdicts.every((verdict) => verdict.holds) ?? true) &&
    (failures?.counting.length ?? 0) === 0 &&
    (failures?.all.overloads.length ?? 0) === 0
  terminal.result({
    ok: summary !== null && holds,
    file,
    summary,
    proof: proof ? proofJson(proof.verdicts, proof.seconds) : null,
    failures: failures ? failuresJson(failures) : null,
    diagnostics: diagnostics.map(diagnosticJson),
  })
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
  if (proof) terminal.print(`\n${proofText(proof.verdicts, proof.seconds, out)}`)
  if (failures) terminal.print(`\n${failuresText(failures, out)}`)
  return holds ? exitCodes.ok : exitCodes.no
}

interface Proven {
  readonly verdicts: readonly Verdict[]
  readonly seconds: number
}

function proven(network: Network, policy: Policy, terminal: Terminal): Proven {
  const progress = openProgress(terminal)
  const started = performance.now()
  // A small network is proven before anybody could read what is being done.
  const isLarge = policy.points.length > 1000
  const verdicts = prove(network, policy, {
    more: nameInvariants(zoneOf(network)),
    ...(isLarge && { progress: (done: number, total: number) => progress('proof', done, total) }),
  })
  progress.end()
  return { verdicts, seconds: (performance.now() - started) / 1000 }
}

function failing(network: Network, policy: Policy, most: 1 | 2, terminal: Terminal): FailuresFound {
  const progress = openProgress(terminal)
  const started = performance.now()
  const all = failuresOf(network, policy, {
    most,
    progress: (done, total) => {
      // What takes less than a second is over before anybody could read it.
      if (performance.now() - started > 1000) progress('failures', done, total)
    },
  })
  progress.end()
  const seconds = (performance.now() - started) / 1000
  return { ...judgeFailures(network, all.failures, Date.now()), all, network, seconds }
}

const warnings = (diagnostics: readonly Diagnostic[]): string =>
  diagnostics.length > 0 ? ', with the warnings above' : ''

type Summary = ReturnType<typeof summarize>

function summarize(network: Network, { points }: Policy) {
  const nodes: Record<string, number> = {}
  for (const { kind } of network.nodes) nodes[kind] = (nodes[kind] ?? 0) + 1
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
