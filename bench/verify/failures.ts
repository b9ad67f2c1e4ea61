/** What it takes to let every element of a generated site fail, one after the other; with loads too; every two at a time; and how often services are there. */
import { generateNetwork, parseNetwork } from '../../src/model/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'
import { availabilitiesOf, failuresOf } from '../../src/verify/index.ts'
import type { Row } from '../report.ts'
import { spread } from '../rounds.ts'

/** What all services of the generated site are asked for, and what its rows can carry. */
const withLoads = (text: string): string =>
  text
    .replace(
      '    infrastructure:\n',
      '    capacity: { balancers: 4 Gbit/s, links: 10 Gbit/s, hosts: 10 Gbit/s }\n    infrastructure:\n',
    )
    .replaceAll(
      '    roles:',
      '    demand: { web/http: { in: 1 Mbit/s, out: 15 Mbit/s }, worker/work: { in: 10 Mbit/s, out: 20 Mbit/s } }\n    roles:',
    )

/** In processor time, which other work on the machine does not lengthen. Networks are loaded and their policies derived before. */
export function failureRows(quick: boolean, say: (line: string) => void): readonly Row[] {
  const text = generateNetwork({ vms: 1000, hosts: 100, tenants: 50, instancesPerService: 5 })
  const [plain, loaded] = [loadedFrom(text), loadedFrom(withLoads(text))]
  const of = '100 hosts, 1,000 VMs, 50 tenants'
  const rounds = quick ? 1 : 3
  const singles = measured(rounds, () => failuresOf(plain.network, plain.policy).tried)
  const loads = measured(rounds, () => failuresOf(loaded.network, loaded.policy).tried)
  const services = measured(rounds, () => availabilitiesOf(plain.network).length)
  const rows: Row[] = [
    { name: `all ${singles.count} single failures, ${of}`, ...singles.row, must: 60_000, goal: 5000 },
    { name: `the same with overload, 400 demands`, ...loads.row },
    { name: `availability of ${services.count} services, ${of}`, ...services.row },
  ]
  if (!quick) {
    const pairs = measured(1, () => failuresOf(plain.network, plain.policy, { most: 2 }).tried)
    rows.push({ name: `all ${pairs.count} failures of one or two, ${of}`, ...pairs.row })
  }
  for (const { name, value } of rows) say(`${name}: ${value.toFixed(0)} ms`)
  return rows
}

function loadedFrom(text: string) {
  const { network } = parseNetwork(text)
  if (!network) throw new Error('let elements fail: the generated site does not load')
  return { network, policy: derivePolicy(network) }
}

function measured(rounds: number, run: () => number) {
  let count = 0
  const samples = Array.from({ length: rounds }, () => {
    const started = process.cpuUsage()
    count = run()
    const { user, system } = process.cpuUsage(started)
    return (user + system) / 1000
  })
  const { median, ...spreads } = spread(samples)
  return { count, row: { value: median, ...spreads, unit: 'ms', better: 'lower' as const } }
}
