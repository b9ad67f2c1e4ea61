/** What proving all invariants takes: of the example as its user calls it, whole processes, and of a generated site in this one. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateNetwork, parseNetwork } from '../../src/model/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'
import { prove } from '../../src/verify/index.ts'
import type { Row } from '../report.ts'
import { spread } from '../rounds.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

export function invariantRows(quick: boolean, say: (line: string) => void): readonly Row[] {
  const rounds = quick ? 3 : 9
  return [
    row('check of the example, process start included', times(rounds, checkExample), {
      must: 2000,
      goal: 700,
    }),
    row('all invariants, 100 hosts, 1,000 VMs, 50 tenants', times(rounds, provenSite()), {
      must: 5000,
      goal: 1000,
    }),
  ].map((each) => {
    say(`${each.name}: ${each.value.toFixed(0)} ms`)
    return each
  })
}

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
function provenSite(): () => void {
  const text = generateNetwork({ vms: 1000, hosts: 100, tenants: 50, instancesPerService: 5 })
  const { network } = parseNetwork(text)
  if (!network) throw new Error('prove a generated site: it does not load')
  const policy = derivePolicy(network)
  return () => {
    const broken = prove(network, policy).filter(({ holds }) => !holds)
    if (broken.length > 0) throw new Error(`prove a generated site: ${broken[0]?.invariant.id} does not hold`)
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
