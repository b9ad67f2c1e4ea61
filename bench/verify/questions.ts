/** What questions take: why somebody can, or cannot, reach somebody, and the reachability matrix; of the example and of a generated site, in this process. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Asked, generateNetwork, parseNetwork } from '../../src/model/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'
import { matrixOf, whyOf } from '../../src/verify/index.ts'
import type { Row } from '../report.ts'
import { spread } from '../rounds.ts'

const example = fileURLToPath(new URL('../../../examples/two-sites/network.yaml', import.meta.url))

export function questionRows(quick: boolean, say: (line: string) => void): readonly Row[] {
  const rounds = quick ? 2 : 7
  const small = { file: example, text: readFileSync(example, 'utf8') }
  const large = { file: 'generated.yaml', text: generateNetwork({ vms: 1000 }) }
  return [
    whyRow('example: why the Internet cannot reach a worker', small, rounds, {
      from: 'internet',
      to: 'shop/worker',
      what: 'tcp 9000',
    }),
    whyRow('example: why the Internet reaches a web role', small, rounds, {
      from: 'internet',
      to: 'shop/web',
    }),
    matrixRow('example: matrix', small, rounds),
    whyRow('1,000 VMs: why the Internet cannot reach a worker', large, rounds, {
      from: 'internet',
      to: 's3/worker',
      what: 'tcp 9000',
    }),
    whyRow('1,000 VMs: why VMs cannot reach fabric controllers', large, rounds, {
      from: 'vms',
      to: 'fabric-controllers',
      what: 'tcp fabric',
    }),
    matrixRow('1,000 VMs: matrix', large, rounds),
  ].map((each) => {
    say(`${each.name}: ${each.value.toFixed(0)} ms`)
    return each
  })
}

interface Text {
  readonly file: string
  readonly text: string
}

function whyRow(name: string, { file, text }: Text, rounds: number, asked: Asked): Row {
  const { network, ask } = parseNetwork(text, { file })
  const classes = ask?.(asked).classes
  if (!network || !classes) throw new Error(`ask ${file}: the question means nothing there`)
  const policy = derivePolicy(network)
  return row(name, rounds, () => {
    if (whyOf(network, policy, classes).changes.length === 0)
      throw new Error(`${name}: nothing would turn it`)
  })
}

function matrixRow(name: string, { file, text }: Text, rounds: number): Row {
  const { network } = parseNetwork(text, { file })
  if (!network) throw new Error(`${file} does not load`)
  const policy = derivePolicy(network)
  return row(name, rounds, () => void matrixOf(network, policy))
}

function row(name: string, count: number, subject: () => void): Row {
  const samples = Array.from({ length: count }, () => {
    const started = performance.now()
    subject()
    return performance.now() - started
  })
  const { median, min, max, rounds } = spread(samples)
  return { name, value: median, min, max, rounds, unit: 'ms', better: 'lower' }
}
