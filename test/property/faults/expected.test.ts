/** Faults of a network file, held against what its owners expect: each is found by the expectation that speaks of it, with a packet that does it. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Network, parseNetwork } from '../../../src/model/index.ts'
import { derivePolicy } from '../../../src/policy/index.ts'
import { createWorld } from '../../../src/trace/index.ts'
import { ProofMemory, prove } from '../../../src/verify/index.ts'
import { happens } from '../../../src/verify/invariants/testing/happens.ts'

const file = 'examples/two-sites/network.yaml'
const text = readFileSync(file, 'utf8')
const memory = new ProofMemory()

/** Expectations that a changed example breaks. */
function broken(from: string | RegExp, to: string): readonly string[] {
  const changed = text.replace(from, to)
  expect(changed).not.toBe(text)
  const { network, diagnostics } = parseNetwork(changed, { file, readFile: (path) => readFileSync(path) })
  expect(network, JSON.stringify(diagnostics.map(({ message }) => message))).toBeDefined()
  const given = network as Network
  const policy = derivePolicy(given)
  const only = given.expectations.map(({ id }) => id)
  const verdicts = prove(given, policy, { memory, only, most: 1 })
  const world = createWorld(given, policy)
  for (const { counterexamples } of verdicts)
    for (const example of counterexamples) expect(happens(world, example), example.at).toBe(true)
  return verdicts.filter(({ holds }) => !holds).map(({ invariant }) => invariant.id)
}

const readings = '          readings: { protocol: udp, port: 5140 }'

describe('a network file that does not say what its owners expect', () => {
  it.each<[string, string | RegExp, string, readonly string[]]>([
    [
      'an order on the next port',
      'orders: { protocol: tcp, port: 9000 }',
      'orders: { protocol: tcp, port: 9001 }',
      ['expect:orders'],
    ],
    ['orders from no role', 'port: 9000 }', 'port: 9000, from: [] }', ['expect:orders']],
    ['orders by UDP', 'orders: { protocol: tcp,', 'orders: { protocol: udp,', ['expect:orders']],
    [
      'workers that are public',
      '        internal:\n          orders',
      '        public:\n          help: { protocol: tcp, port: 9001 }\n        internal:\n          orders',
      ['expect:orders-alone'],
    ],
    [
      'a customer who refuses meters',
      'name: readings, allow: in',
      'name: readings, deny: in',
      ['expect:meters'],
    ],
    [
      'a customer who hears another port',
      'protocol: udp, ports: 5140',
      'protocol: udp, ports: 5141',
      ['expect:meters'],
    ],
    [
      'a list that lets some meters in',
      readings,
      readings.replace('5140 }', '5140, acl: [{ allow: [198.18.0.0/15] }] }'),
      ['expect:meters'],
    ],
    [
      'a customer who lets VMs in',
      'deny: in, from: [vms, egress]',
      'allow: in, from: [vms, egress]',
      ['expect:meters-alone'],
    ],
    ['a customer who forgets the VIP', 'from: [vms, egress]', 'from: vms', ['expect:meters-alone']],
    [
      'a shop that is refused at the edge',
      '    isps: 2\n',
      '    isps: 2\n    acl-rules: [{ name: web, deny: in, protocol: tcp, ports: 443, why: To try. }]\n',
      ['expect:shop-open'],
    ],
    [
      'banks that are out of reach',
      '    isps: 2\n',
      '    isps: 2\n    acl-rules: [{ name: web, deny: out, protocol: tcp, ports: 443, why: To try. }]\n',
      ['expect:payments'],
    ],
  ])(
    'is found: %s',
    (_, from, to, by) => {
      expect(broken(from, to)).toEqual(by)
    },
    60_000,
  )
})
