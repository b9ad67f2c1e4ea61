/** What a benchmark says: rows with their targets and what was measured beside them, as JSON or as a table. */
import { cpus, release, totalmem } from 'node:os'

export interface Row {
  readonly name: string
  /** Median of the rounds. */
  readonly value: number
  readonly unit: string
  readonly better: 'lower' | 'higher'
  readonly must?: number
  readonly goal?: number
  /** What it is to be compared with, measured in the same run. */
  readonly base?: Measured
  readonly peers?: readonly Measured[]
  /** Spread of the rounds. */
  readonly min?: number
  readonly max?: number
  readonly rounds?: number
}

export interface Measured {
  readonly name: string
  readonly value: number
  readonly unit: string
}

export interface Report {
  readonly benchmark: string
  readonly machine: Machine
  readonly quick: boolean
  readonly rows: readonly Row[]
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly kernel: string
  readonly node: string
}

export const machine = (): Machine => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  node: process.version,
})

/** Whether a row meets its must, if it has one. */
export const meetsMust = ({ value, must, better }: Row): boolean =>
  must === undefined || (better === 'lower' ? value <= must : value >= must)

/** Every row with every field; what a row does not have is `null`. */
export const reportJson = (report: Report) => ({
  ...report,
  rows: report.rows.map((row) => ({
    ...row,
    must: row.must ?? null,
    goal: row.goal ?? null,
    base: row.base ?? null,
    peers: row.peers ?? [],
  })),
})

export function formatReport(report: Report): string {
  const { cpu, cores, memoryGiB, kernel, node } = report.machine
  const header = ['', 'median', 'min–max', 'unit', 'must', 'goal', 'beside it (same run)']
  const lines = report.rows.map((row) => [
    row.name,
    number(row.value),
    row.min === undefined || row.max === undefined ? '' : `${number(row.min)}–${number(row.max)}`,
    row.unit,
    limit(row, row.must),
    limit(row, row.goal),
    [...(row.base ? [row.base] : []), ...(row.peers ?? [])]
      .map((other) => `${other.name} ${number(other.value)} ${other.unit}`)
      .join(', '),
  ])
  const widths = header.map((_, column) =>
    Math.max(...[header, ...lines].map((line) => (line[column] as string).length)),
  )
  const render = (line: readonly string[]): string =>
    line
      .map((cell, i) =>
        i > 0 && i < 3 ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number),
      )
      .join('  ')
      .trimEnd()
  return [
    `${report.benchmark}${report.quick ? ' (quick)' : ''}: ${cpu}, ${cores} cores, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}`,
    render(header),
    ...lines.map(render),
    '',
  ].join('\n')
}

const limit = (row: Row, target: number | undefined): string =>
  target === undefined ? '' : `${row.better === 'lower' ? '≤' : '≥'} ${number(target)}`

/** Three significant digits, no exponent. */
export const number = (value: number): string =>
  Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
