/** What it takes to know of a large network what holds after a change that was not seen before. It takes minutes: each of the networks is loaded, and the first is proven whole. */
import { type GenerateOptions, generateNetwork, type Network, parseNetwork } from '../../src/model/index.ts'
import { StandingProof } from '../../src/verify/index.ts'
import type { Row } from '../report.ts'
import { spread } from '../rounds.ts'

/** @param round each of them is another edit, so that nothing of it is known */
type Edit = readonly [name: string, change: (text: string, round: number) => string]

const edits: readonly Edit[] = [
  ['a port of a role', (text, round) => replaced(text, 'port: 9000', `port: ${9001 + round}`, 7 * round)],
  ['VMs more', (text, round) => replaced(text, 'instances: 5', `instances: ${6 + round}`)],
  [
    'a rule at the edge',
    (text, round) =>
      text.replace(
        '    infrastructure:\n',
        `    acl-rules:\n      - { name: mail, deny: in, protocol: tcp, ports: ${25 + round} }\n    infrastructure:\n`,
      ),
  ],
]

const rounds = 5

const large: GenerateOptions = { vms: 100_000, sites: 10, hosts: 1000, tenants: 5000 }
const smaller: GenerateOptions = { vms: 10_000, sites: 2, hosts: 500, tenants: 500 }

export function changeRows(quick: boolean, say: (line: string) => void): readonly Row[] {
  const options = quick ? smaller : large
  const size = `${options.vms?.toLocaleString('en')} VMs`
  const text = generateNetwork(options)
  say(`${size}: loading, deriving and proving, which is not measured`)
  const base = loaded(text)
  const standing = new StandingProof(base)
  // As `check --watch` does.
  standing.rehearse()
  return edits.map(([name, change]) => {
    const samples = Array.from({ length: rounds }, (_, round) => {
      const next = loaded(change(text, round), base)
      const started = performance.now()
      const { isWhole, verdicts } = standing.update(next)
      if (isWhole || verdicts.some(({ holds }) => !holds)) throw new Error(`${name}: all was looked at`)
      return performance.now() - started
    })
    const { median, min, max, rounds: taken } = spread(samples)
    say(`after ${name}: ${median.toFixed(0)} ms`)
    const limits = quick ? {} : { must: 1000, goal: 50 }
    return {
      name: `${size}, after ${name}`,
      value: median,
      min,
      max,
      rounds: taken,
      unit: 'ms',
      better: 'lower' as const,
      ...limits,
    }
  })
}

function loaded(text: string, known?: Network): Network {
  const { network } = parseNetwork(text, known && { known })
  if (!network) throw new Error('prove a generated network: it does not load')
  return network
}

/** @param place counted from the end, from 0 on */
function replaced(text: string, from: string, to: string, place = 0): string {
  let at = text.length
  for (let left = place; left >= 0; left--) at = text.lastIndexOf(from, at - 1)
  if (at < 0) throw new Error(`change a generated network: there are not ${place + 1} '${from}' in it`)
  return text.slice(0, at) + to + text.slice(at + from.length)
}
