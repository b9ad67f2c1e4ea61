/** What it takes to know of a large network what holds after a change: once for all and for each change once more, since it takes minutes to load and derive. */
import { type GenerateOptions, generateNetwork, type Network, parseNetwork } from '../../src/model/index.ts'
import { StandingProof } from '../../src/verify/index.ts'
import type { Row } from '../report.ts'
import { spread } from '../rounds.ts'

type Edit = readonly [name: string, change: (text: string) => string]

const edits: readonly Edit[] = [
  ['a port of a role', (text) => lastReplaced(text, 'port: 9000', 'port: 9001')],
  ['one VM more', (text) => lastReplaced(text, 'instances: 5', 'instances: 6')],
  [
    'a rule at the edge',
    (text) =>
      text.replace(
        '    infrastructure:\n',
        '    acl-rules:\n      - { name: mail, deny: in, protocol: tcp, ports: 25 }\n    infrastructure:\n',
      ),
  ],
]

const large: GenerateOptions = { vms: 100_000, sites: 10, hosts: 1000, tenants: 5000 }
const smaller: GenerateOptions = { vms: 10_000, sites: 2, hosts: 500, tenants: 500 }

export function changeRows(quick: boolean, say: (line: string) => void): readonly Row[] {
  const options = quick ? smaller : large
  const size = `${options.vms?.toLocaleString('en')} VMs`
  const text = generateNetwork(options)
  say(`${size}: loading, deriving and proving, which is not measured`)
  const standing = new StandingProof(loaded(text))
  return edits.map(([name, change]) => {
    const next = loaded(change(text))
    const samples = Array.from({ length: 5 }, () => {
      const started = performance.now()
      const { isWhole, verdicts } = standing.update(next)
      if (isWhole || verdicts.some(({ holds }) => !holds)) throw new Error(`${name}: all was looked at`)
      return performance.now() - started
    })
    const { median, min, max, rounds } = spread(samples)
    say(`after ${name}: ${median.toFixed(0)} ms`)
    const limits = quick ? {} : { must: 1000, goal: 50 }
    return {
      name: `${size}, after ${name}`,
      value: median,
      min,
      max,
      rounds,
      unit: 'ms',
      better: 'lower' as const,
      ...limits,
    }
  })
}

function loaded(text: string): Network {
  const { network } = parseNetwork(text)
  if (!network) throw new Error('prove a generated network: it does not load')
  return network
}

function lastReplaced(text: string, from: string, to: string): string {
  const at = text.lastIndexOf(from)
  if (at < 0) throw new Error(`change a generated network: there is no '${from}' in it`)
  return text.slice(0, at) + to + text.slice(at + from.length)
}
