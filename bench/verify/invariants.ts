/** What proving all invariants takes: of the example as its user calls it, whole processes, and of a generated site in this one. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type GenerateOptions, generateNetwork, parseNetwork } from '../../src/model/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'
import { prove } from '../../src/verify/index.ts'
import type { Row } from '../report.ts'
import { spread } from '../rounds.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

export function invariantRows(quick: boolean, say: (line: string) => void): readonly Row[] {
  const rounds = quick ? 3 : 9
  const rows = [
    row('check of the example, process start included', times(rounds, checkExample), {
      must: 2000,
      goal: 700,
    }),
    row('all invariants, 100 hosts, 1,000 VMs, 50 tenants', times(rounds, proven(thousand)), {
      must: 5000,
      goal: 1000,
    }),
  ]
  for (const each of rows) say(`${each.name}: ${each.value.toFixed(0)} ms`)
  return rows
}

/** One round, once for all: it takes minutes to load and derive. */
export function scaleRows(quick: boolean, say: (line: string) => void): readonly Row[] {
  if (quick) {
    say('10,000 hosts: left out of a quick run')
    return []
  }
  say('10,000 hosts: loading and deriving, which is not measured')
  const prove = proven({ vms: 100_000, sites: 10, hosts: 1000, tenants: 5000 })
  const limits = { must: 120_000, goal: 20_000 }
  const made = row(
    'all invariants, 10,000 hosts, 100,000 VMs, 5,000 tenants, 10 sites',
    times(1, prove),
    limits,
  )
  const peak = process.resourceUsage().maxRSS / 1024
  say(`${made.name}: ${(made.value / 1000).toFixed(1)} s, at most ${(peak / 1024).toFixed(1)} GiB`)
  return [
    made,
    {
      name: 'memory of the process at most, with the network and its policy',
      value: peak,
      unit: 'MiB',
      better: 'lower',
      must: 8192,
      goal: 2048,
    },
  ]
}

const thousand: GenerateOptions = { vms: 1000, hosts: 100, tenants: 50, instancesPerService: 5 }

function checkExample(): void {
  const command = [join(root, 'bin/glacis'), 'check', 'examples/two-sites/network.yaml', '--json']
  const output = execFileSync(process.execPath, command, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 26,
  })
  if (!JSON.parse(output).proof.holds) throw new Error('check of the example: an invariant does not hold')
}

/** The proof alone: the network is loaded and its policy derived before. */
function proven(options: GenerateOptions): () => void {
  const { network } = parseNetwork(generateNetwork(options))
  if (!network) throw new Error('prove a generated network: it does not load')
  const policy = derivePolicy(network)
  return () => {
    const broken = prove(network, policy).filter(({ holds }) => !holds)
    if (broken.length > 0)
      throw new Error(`prove a generated network: ${broken[0]?.invariant.id} does not hold`)
  }
}

function times(rounds: number, subject: () => void): readonly number[] {
  return Array.from({ length: rounds }, () => {
    const started = performance.now()
    subject()
    return performance.now() - started
  })
}

function row(name: string, samples: readonly number[], limits: { must: number; goal: number }): Row {
  const { median, min, max, rounds } = spread(samples)
  return { name, value: median, min, max, rounds, unit: 'ms', better: 'lower', ...limits }
}
