/** What it takes to let every element of a generated site fail, one after the other. */
import { generateNetwork, parseNetwork } from '../../src/model/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'
import { failuresOf } from '../../src/verify/index.ts'
import type { Row } from '../report.ts'
import { spread } from '../rounds.ts'

/** In processor time, which other work on the machine does not lengthen. The network is loaded and its policy derived before. */
export function failureRows(quick: boolean, say: (line: string) => void): readonly Row[] {
  const text = generateNetwork({ vms: 1000, hosts: 100, tenants: 50, instancesPerService: 5 })
  const { network } = parseNetwork(text)
  if (!network) throw new Error('let elements fail: the generated site does not load')
  const policy = derivePolicy(network)
  let tried = 0
  const samples = Array.from({ length: quick ? 1 : 3 }, () => {
    const started = process.cpuUsage()
    tried = failuresOf(network, policy).tried
    const { user, system } = process.cpuUsage(started)
    return (user + system) / 1000
  })
  const { median, min, max, rounds } = spread(samples)
  const name = `all ${tried} single failures, 100 hosts, 1,000 VMs, 50 tenants`
  say(`${name}: ${median.toFixed(0)} ms`)
  return [{ name, value: median, min, max, rounds, unit: 'ms', better: 'lower', must: 60_000, goal: 5000 }]
}
