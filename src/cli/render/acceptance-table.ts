/** The acceptance matrix for people: sources down, destinations across, a cell for what was seen and whether it was foreseen. */
import type { AcceptanceReport, ProbeResult } from '../../lab/index.ts'
import type { DestinationKind, Outcome, SourceKind } from '../../trace/index.ts'
import type { Terminal } from '../terminal.ts'
import { table } from './table.ts'

const columns: ReadonlyArray<readonly [kind: DestinationKind, title: string]> = [
  ['internet', 'internet'],
  ['vip-open', 'VIP open'],
  ['vip-closed', 'VIP shut'],
  ['vm-own-service', 'own VM'],
  ['vm-other-service', 'sister VM'],
  ['vm-other-tenant', 'other VM'],
  ['vm', 'VM'],
  ['host-agent', 'host agent'],
  ['host-other', 'host else'],
  ['access-router', 'access r.'],
  ['distribution-router', 'distr. r.'],
  ['balancer', 'balancer'],
  ['fabric-controller', 'FC'],
  ['name-server', 'names'],
  ['activation-server', 'activ.'],
  ['storage', 'storage'],
  ['jump-box', 'jump'],
]
const rows: readonly SourceKind[] = [
  'internet',
  'isp',
  'vm',
  'jump-box',
  'fabric-controller',
  'storage',
  'name-server',
  'activation-server',
  'host',
  'forged',
]
const protocols = ['tcp', 'udp', 'icmp'] as const

/** One letter per protocol, TCP UDP ICMP: what came back from the probes of a cell. */
export function acceptanceTable({ results }: AcceptanceReport, terminal: Terminal): string {
  const { out } = terminal
  const cells = new Map<string, ProbeResult[]>()
  for (const result of results) {
    const key = `${result.probe.source} ${result.probe.destination} ${result.probe.opening.protocol}`
    const list = cells.get(key) ?? []
    list.push(result)
    cells.set(key, list)
  }
  const used = columns.filter(([kind]) => results.some(({ probe }) => probe.destination === kind))
  const body = rows
    .filter((source) => results.some(({ probe }) => probe.source === source))
    .map((source) => [
      out.bold(source),
      ...used.map(([destination]) =>
        protocols
          .map((protocol) => mark(cells.get(`${source} ${destination} ${protocol}`), terminal))
          .join(''),
      ),
    ])
  const header = [out.dim('from \\ to'), ...used.map(([, title]) => out.dim(title))]
  const legend = [
    `${out.green('A')} answered`,
    `${out.yellow('R')} refused by the machine`,
    `${out.dim('·')} silent, and the predicted rule counted it`,
    `${out.cyan('+')} some answered, some not, as predicted`,
    `${out.red('✗')} not as predicted`,
  ].join('   ')
  return `${table([header, ...body])}\n${out.dim('each cell: TCP, UDP, ICMP; IPv4 and IPv6 together.')}  ${legend}`
}

function mark(results: readonly ProbeResult[] | undefined, { out }: Terminal): string {
  if (!results) return ' '
  if (results.some(({ agreed }) => !agreed)) return out.red('✗')
  const outcomes = new Set(results.map(({ observed }) => observed))
  if (outcomes.size > 1) return out.cyan('+')
  const [outcome] = outcomes
  const marks: Readonly<Record<Outcome, string>> = {
    answered: out.green('A'),
    refused: out.yellow('R'),
    silent: out.dim('·'),
  }
  return marks[outcome as Outcome]
}
