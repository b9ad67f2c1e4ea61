/**
 * The acceptance matrix for people: sources down and destinations across, or the other way round where that is too wide. A cell has
 * a mark for each of TCP, UDP and ICMP.
 */
import type { ProbeResult } from '../../lab/index.ts'
import type { DestinationKind, Outcome, SourceKind } from '../../trace/index.ts'
import type { Colors, Terminal } from '../terminal.ts'
import { flow, table, width } from './table.ts'

interface Place<Kind> {
  readonly kind: Kind
  /** At the head of a column: two lines. */
  readonly head: readonly [group: string, title: string]
  /** At the beginning of a row. */
  readonly title: string
}

const place = <Kind>(kind: Kind, group: string, short: string, title: string): Place<Kind> => ({
  kind,
  head: [group, short],
  title,
})

const destinations: ReadonlyArray<Place<DestinationKind>> = [
  place('internet', '', 'net', 'internet'),
  place('vip-open', 'VIP', 'open', 'VIP, declared port'),
  place('vip-guarded', '', 'acl', 'VIP, access list'),
  place('vip-closed', '', 'other', 'VIP, any other'),
  place('vm-own-service', 'VM', 'own', 'VM, own service'),
  place('vm-other-service', '', 'tenant', 'VM, own tenant'),
  place('vm-other-tenant', '', 'others', 'VM, other tenant'),
  place('vm', '', 'any', 'VM'),
  place('host-agent', 'host', 'agent', 'host, agent port'),
  place('host-other', '', 'other', 'host, any other'),
  place('host-service', '', 'svc', 'host services for VMs'),
  place('access-router', 'router', 'access', 'access router'),
  place('distribution-router', '', 'distr', 'distribution router'),
  place('balancer', '', 'balan', 'balancer'),
  place('fabric-controller', 'infrastructure', 'FC', 'fabric controller'),
  place('name-server', '', 'names', 'name server'),
  place('activation-server', '', 'activ', 'activation server'),
  place('storage', '', 'stor', 'storage'),
  place('jump-box', '', 'jump', 'jump box'),
]

const sources: ReadonlyArray<Place<SourceKind>> = [
  place('internet', '', 'net', 'internet'),
  place('isp', '', 'ISP', 'ISP router'),
  place('vm', '', 'VM', 'VM'),
  place('jump-box', '', 'jump', 'jump box'),
  place('fabric-controller', '', 'FC', 'fabric controller'),
  place('storage', '', 'stor', 'storage'),
  place('name-server', '', 'names', 'name server'),
  place('activation-server', '', 'activ', 'activation server'),
  place('host', '', 'host', 'host partition'),
  place('forged', 'forged', 'source', 'forged source'),
]

export function acceptanceTable(
  results: readonly ProbeResult[],
  { out, columns = Number.POSITIVE_INFINITY }: Terminal,
): string {
  const cells = new Map<string, ProbeResult[]>()
  for (const result of results) {
    const key = `${result.probe.source} ${result.probe.destination}`
    const cell = cells.get(key)
    if (cell) cell.push(result)
    else cells.set(key, [result])
  }
  const from = present(sources, results, ({ probe }) => probe.source)
  const to = present(destinations, results, ({ probe }) => probe.destination)
  const cell = (source: string, destination: string): string =>
    cellText(cells.get(`${source} ${destination}`) ?? [], out)
  const wide = grid('from ↓ to →', from, to, cell, out)
  const fits = wide.split('\n').every((line) => width(line) <= columns)
  return [
    fits ? wide : grid('to ↓ from →', to, from, (row, column) => cell(column, row), out),
    '',
    legend(out, columns),
  ].join('\n')
}

/** Those of the known kinds that occur, then others that do. */
function present<Kind extends string>(
  known: ReadonlyArray<Place<Kind>>,
  results: readonly ProbeResult[],
  kindOf: (result: ProbeResult) => Kind,
): ReadonlyArray<Place<Kind>> {
  const kinds = new Set(results.map(kindOf))
  const others = [...kinds].filter((kind) => !known.some((candidate) => candidate.kind === kind))
  return [
    ...known.filter(({ kind }) => kinds.has(kind)),
    ...others.map((kind) => place(kind, '', kind, kind)),
  ]
}

function grid<Row extends string, Column extends string>(
  corner: string,
  rows: ReadonlyArray<Place<Row>>,
  columns: ReadonlyArray<Place<Column>>,
  cell: (row: Row, column: Column) => string,
  out: Colors,
): string {
  const titles = columns.map(({ head }) => head[1])
  const body = rows.map(({ kind, title }) => [
    out.bold(title),
    ...columns.map((column) => cell(kind, column.kind)),
  ])
  const [head = '', ...lines] = table([[corner, ...titles], ...body]).split('\n')
  return [groupLine(head, columns, out), out.dim(head), ...lines].join('\n')
}

/** Names of groups above the titles of their first columns. */
function groupLine(head: string, columns: ReadonlyArray<Place<string>>, out: Colors): string {
  let line = ''
  let searched = head.indexOf('→') + 1
  for (const {
    head: [group, title],
  } of columns) {
    const at = head.indexOf(title, searched)
    searched = at + title.length
    if (group !== '') line = `${line.padEnd(at)}${group}`
  }
  return out.dim(line)
}

const protocols = ['tcp', 'udp', 'icmp'] as const

/** Both families together where they are alike, as they should be; else `IPv4/IPv6`. */
function cellText(results: readonly ProbeResult[], out: Colors): string {
  const marks = ([4, 6] as const).map((family) =>
    protocols.map((protocol) =>
      mark(
        results.filter(
          ({ probe: { opening } }) => opening.protocol === protocol && opening.source.family === family,
        ),
        out,
      ),
    ),
  )
  const texts = marks.map((list) => list.join('').trimEnd()).filter((text) => text !== '')
  return [...new Set(texts)].join('/')
}

function mark(results: readonly ProbeResult[], out: Colors): string {
  if (results.length === 0) return ' '
  if (results.some(({ agreed }) => !agreed)) return out.red('✗')
  const outcomes = new Set<Outcome>(results.map(({ observed }) => observed))
  if (!outcomes.has('silent')) return outcomes.has('answered') ? out.green('●') : out.yellow('○')
  return outcomes.size > 1 ? out.green('◐') : out.dim('·')
}

function legend(out: Colors, columns: number): string {
  const marks = [
    `${out.green('●')} answered`,
    `${out.green('◐')} some ports, the rest is silent`,
    `${out.yellow('○')} reached, nothing listens`,
    `${out.dim('·')} silent`,
    `${out.red('✗')} not as predicted`,
  ]
  const lead = out.dim('TCP UDP ICMP:')
  return flow([lead, ...marks], columns, ' '.repeat(width(lead) + 2))
}
