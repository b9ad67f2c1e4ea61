/** What holding a network against its prediction found, as text and as JSON. */
import type { AcceptanceReport, HttpsResult, ProbeResult } from '../../lab/index.ts'
import type { Network } from '../../model/index.ts'
import { formatIp } from '../../net/index.ts'
import type { Colors, Terminal } from '../terminal.ts'
import { acceptanceTable } from './acceptance-table.ts'
import { disagreementsText } from './disagreements.ts'
import { ruleJson } from './rule-json.ts'

export function acceptanceText(report: AcceptanceReport, terminal: Terminal): string {
  const { out } = terminal
  const { disagreed, unexplained, results, drops } = report
  const lines = [acceptanceTable(results, terminal), '']
  if (disagreed.length > 0) lines.push(disagreementsText(disagreed, out), '')
  for (const { rules, expected, counted } of unexplained)
    lines.push(
      `${out.red('✗')} ${rules.join(' or ')} dropped ${counted} packets, of which the probes explain ${expected}`,
    )
  const counted = drops.reduce((sum, drop) => sum + drop.counted, 0)
  const mark = disagreed.length + unexplained.length === 0 ? out.green('✓') : out.red('✗')
  const count = `${out.bold(`${report.agreed} of ${results.length}`)} probes came out as predicted`
  lines.push(
    `${mark} ${count}; ${counted} packets were dropped and counted by ${rulesDropping(report)} rules`,
  )
  if (report.https) lines.push(...httpsLines(report.https, out))
  return lines.join('\n')
}

function httpsLines(https: readonly HttpsResult[], out: Colors): readonly string[] {
  const wrong = https.filter(({ reason }) => reason !== undefined)
  const lines = wrong.map(
    ({ endpoint, vip, port, reason }) =>
      `${out.red('✗')} https endpoint ${endpoint} at ${vip} port ${port} ${reason}`,
  )
  const count = out.bold(`${https.length - wrong.length} of ${https.length}`)
  if (https.length > 0)
    lines.push(
      `${wrong.length > 0 ? out.red('✗') : out.green('✓')} ${count} https endpoints take TLS 1.2 and 1.3, nothing older, and no plain HTTP`,
    )
  return lines
}

const rulesDropping = ({ drops }: AcceptanceReport): number =>
  new Set(drops.flatMap(({ rules }) => rules)).size

/** @param seconds of each phase */
export function acceptanceJson(
  network: Network,
  report: AcceptanceReport,
  seconds: Readonly<Record<string, number>>,
) {
  return {
    ok: report.ok,
    mode: report.mode,
    network: network.name,
    file: network.file,
    nodes: network.nodes.length,
    vms: network.nodes.filter(({ kind }) => kind === 'vm').length,
    probes: report.results.length,
    agreed: report.agreed,
    disagreed: report.disagreed.map(disagreementJson),
    /** Rules that dropped more than the probes explain. */
    unexplained: report.unexplained,
    /** What each rule, or each group of rules on equal ways, was to drop and did. */
    drops: report.drops,
    /** What public `https` endpoints speak; null where that was not asked. */
    https: report.https?.map((result) => ({ ...result, reason: result.reason ?? null })) ?? null,
    seconds,
  }
}

const disagreementJson = ({ probe, predicted, observed, reason, detail, deciding }: ProbeResult) => ({
  source: probe.opening.from,
  sourceKind: probe.source,
  sourceAddress: formatIp(probe.opening.source),
  destination: probe.target,
  destinationKind: probe.destination,
  destinationAddress: formatIp(probe.opening.destination),
  protocol: probe.opening.protocol,
  family: probe.opening.source.family,
  port: probe.opening.protocol === 'icmp' ? null : probe.opening.destinationPort,
  predicted,
  observed,
  reason: reason ?? null,
  detail: detail ?? null,
  rule: deciding ? { point: deciding.point, tier: deciding.tier, ...ruleJson(deciding.rule) } : null,
})
