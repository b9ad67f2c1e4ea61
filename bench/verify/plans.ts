/** What plans take: of the example as its user calls it, whole processes, and of a generated site after one edit in this one. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateNetwork, parseNetwork } from '../../src/model/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'
import { changeBetween, type Derived } from '../../src/verify/index.ts'
import type { Row } from '../report.ts'
import { spread } from '../rounds.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

export function planRows(quick: boolean, say: (line: string) => void): readonly Row[] {
  const rounds = quick ? 3 : 9
  const text = generateNetwork({ vms: 1000, hosts: 100, tenants: 50, instancesPerService: 5 })
  return [
    row('plan of the example after one edit, process start included', exampleTimes(rounds)),
    row('difference of 1,000 VMs after one changed port', times(rounds, text, ['port: 9000', 'port: 9001'])),
    row('difference of 1,000 VMs after one new VM', times(rounds, text, ['instances: 3', 'instances: 4'])),
  ].map((each) => {
    say(`${each.name}: ${each.value.toFixed(0)} ms`)
    return each
  })
}

function exampleTimes(rounds: number): readonly number[] {
  const folder = mkdtempSync(join(tmpdir(), 'glacis-plan-'))
  try {
    cpSync(join(root, 'examples/two-sites'), folder, { recursive: true })
    const [old, next] = ['network.yaml', 'next.yaml'].map((name) => join(folder, name)) as [string, string]
    writeFileSync(next, readFileSync(old, 'utf8').replace('port: 9000', 'port: 9001'))
    return measured(rounds, () => {
      const { status } = spawnSync(process.execPath, [join(root, 'bin/glacis'), 'plan', old, next], {
        cwd: root,
      })
      if (status !== 2) throw new Error(`plan of the example: it ended with ${status}`)
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The comparison alone: both networks are loaded and their policies derived before. */
function times(rounds: number, text: string, [from, to]: readonly [string, string]): readonly number[] {
  const [old, next] = [text, text.replace(from, to)].map((each): Derived => {
    const { network } = parseNetwork(each)
    if (!network) throw new Error('compare generated sites: one does not load')
    return { network, policy: derivePolicy(network) }
  }) as [Derived, Derived]
  return measured(rounds, () => {
    const { reach, machines } = changeBetween(old, next)
    if (reach.length + machines.length === 0) throw new Error('compare generated sites: no difference')
  })
}

const measured = (rounds: number, subject: () => void): readonly number[] =>
  Array.from({ length: rounds }, () => {
    const started = performance.now()
    subject()
    return performance.now() - started
  })

function row(name: string, samples: readonly number[]): Row {
  const { median, min, max, rounds } = spread(samples)
  return { name, value: median, min, max, rounds, unit: 'ms', better: 'lower' }
}
