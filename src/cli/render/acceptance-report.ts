/** What `up --check` found, as JSON and as text. */
import type { AcceptanceReport, Mode, ProbeResult } from '../../lab/index.ts'
import type { Network } from '../../model/index.ts'
import { formatIp } from '../../net/index.ts'
import { formatOrigin } from '../../policy/index.ts'
import type { Terminal } from '../terminal.ts'
import { acceptanceTable } from './acceptance-table.ts'

/** Disagreements listed in full; of more the number is told. */
const listed = 20

export function acceptanceText(report: AcceptanceReport, terminal: Terminal): string {
  const { out } = terminal
  const lines = [acceptanceTable(report, terminal), '']
  const { disagreed, unexplained, results } = report
  for (const result of disagreed.slice(0, listed)) lines.push(`${out.red('✗')} ${disagreementText(result)}`)
  if (disagreed.length > listed) lines.push(`  … and ${disagreed.length - listed} more; --json lists all`)
  for (const { rules, expected, counted } of unexplained)
    lines.push(
      `${out.red('✗')} ${rules.join(' or ')} dropped ${counted} packets, ${expected} were sent its way`,
    )
  const dropped = report.drops.reduce((sum, { counted }) => sum + counted, 0)
  lines.push(
    report.ok
      ? `${out.green('✓')} ${out.bold(`${results.length} probes, all as predicted`)}; ${dropped} drops, each counted by the rule that was to drop it`
      : `${out.red('✗')} ${out.bold(`${disagreed.length} of ${results.length} probes were not as predicted`)}`,
  )
  return lines.join('\n')
}

function disagreementText({ probe, reason, deciding }: ProbeResult): string {
  const { from, protocol, destination, destinationPort } = probe.opening
  const port = protocol === 'icmp' ? '' : ` port ${destinationPort}`
  const rule = deciding
    ? `; ${deciding.rule.id} at ${deciding.point} (${formatOrigin(deciding.rule.origin)})`
    : ''
  return `${from} → ${probe.target} ${protocol} ${formatIp(destination)}${port}: ${reason}${rule}`
}

export function acceptanceJson(
  network: Network,
  mode: Mode,
  report: AcceptanceReport,
  seconds: Readonly<Record<string, number>>,
) {
  return {
    ok: report.ok,
    mode,
    network: network.name,
    nodes: network.nodes.length,
    vms: network.nodes.filter(({ kind }) => kind === 'vm').length,
    probes: report.results.length,
    agreed: report.agreed,
    disagreed: report.disagreed.map(disagreementJson),
    unexplained: report.unexplained,
    drops: report.drops,
    seconds,
  }
}

const disagreementJson = ({ probe, predicted, observed, reason, detail, deciding }: ProbeResult) => ({
  source: probe.opening.from,
  sourceKind: probe.source,
  destination: probe.target,
  destinationKind: probe.destination,
  address: formatIp(probe.opening.destination),
  family: probe.opening.source.family,
  protocol: probe.opening.protocol,
  port: probe.opening.protocol === 'icmp' ? null : probe.opening.destinationPort,
  predicted,
  observed,
  reason: reason ?? null,
  detail: detail ?? null,
  rule: deciding
    ? {
        point: deciding.point,
        tier: deciding.tier,
        id: deciding.rule.id,
        origin: formatOrigin(deciding.rule.origin),
      }
    : null,
})
