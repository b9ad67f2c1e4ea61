/** `npm run -s bench -- NAME [PART] [--quick] [--json]` */
import { formatReport, machine, meetsMust, type Report, type Row, reportJson } from './report.ts'

/** A benchmark; `quick` ends within a minute, at the price of fewer and shorter rounds. */
export interface Benchmark {
  readonly about: string
  /** Names of what can be measured by itself. */
  readonly parts?: readonly string[]
  /** @param options.part what to measure; absent: everything */
  run(options: {
    readonly quick: boolean
    readonly say: (line: string) => void
    readonly part?: string
  }): Promise<readonly Row[]>
}

const benchmarks: Readonly<Record<string, () => Promise<{ benchmark: Benchmark }>>> = {
  events: () => import('./events.ts'),
  layers: () => import('./layers.ts'),
  programs: () => import('./programs.ts'),
  up: () => import('./up.ts'),
  verify: () => import('./verify.ts'),
}

const usage = `Usage: npm run -s bench -- NAME [PART] [--quick] [--json]

Benchmarks:
${Object.keys(benchmarks)
  .map((name) => `  ${name}`)
  .join('\n')}

A part is measured by itself: verify has failures, invariants, scale, lists, plans and stanford.

The exit code is 1 if a figure misses what it must reach, 2 for wrong arguments.
`

async function main(args: readonly string[]): Promise<number> {
  const known = new Set(['--quick', '--json', '--help'])
  const names = args.filter((arg) => !arg.startsWith('--'))
  const wrong = args.find((arg) => arg.startsWith('--') && !known.has(arg))
  if (args.includes('--help')) {
    process.stdout.write(usage)
    return 0
  }
  const [name, part] = names
  const load = name === undefined ? undefined : benchmarks[name]
  if (!load || names.length > 2 || wrong !== undefined) {
    const fault = wrong
      ? `option ${wrong} is unknown`
      : name
        ? `there is no benchmark ${name}`
        : 'name a benchmark'
    process.stderr.write(`Reading the arguments failed: ${fault}\n\n${usage}`)
    return 2
  }
  const quick = args.includes('--quick')
  const { benchmark } = await load()
  if (part !== undefined && !benchmark.parts?.includes(part)) {
    process.stderr.write(`Reading the arguments failed: ${name} has no part ${part}\n\n${usage}`)
    return 2
  }
  process.stderr.write(`${name}: ${benchmark.about}\n`)
  const say = (line: string): void => void process.stderr.write(`  ${line}\n`)
  const rows = await benchmark.run({ quick, say, ...(part !== undefined && { part }) })
  const report: Report = { benchmark: name as string, machine: machine(), quick, rows }
  const text = args.includes('--json')
    ? `${JSON.stringify(reportJson(report), null, 2)}\n`
    : formatReport(report)
  process.stdout.write(text)
  return rows.every(meetsMust) ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
