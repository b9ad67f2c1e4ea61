/** Changes that plans were once wrong about. */
import { describe, expect, it } from 'vitest'
import { type Network, parseNetwork } from '../../model/index.ts'
import { smallTwoSites } from '../../model/testing/small-network.ts'
import { derivePolicy } from '../../policy/index.ts'
import { changeBetween, type Derived } from './change.ts'

function derived(text: string): Derived {
  const network = parseNetwork(text).network as Network
  return { network, policy: derivePolicy(network) }
}

function edited(text: string, from: string, to: string): string {
  expect(text).toContain(from)
  return text.replace(from, to)
}

describe('a change', () => {
  it('closes nothing to a host whose VM is new, where hosts may forge: its address was any other before', () => {
    const forging = edited(
      smallTwoSites,
      '    hosts: 2\n',
      "    hosts: 2\n    audit: ['distribution-router/anti-spoofing']\n",
    )
    const grown = edited(forging, 'kind: worker\n', 'kind: worker\n        instances: 2\n')
    const { reach } = changeBetween(derived(forging), derived(grown))
    expect(reach.filter(({ source }) => source === 'forged').length).toBeGreaterThan(0)
    expect(reach.filter(({ kind, example }) => kind === 'closed' || !example)).toEqual([])
  })

  it('has an effect if it stops answers alone', () => {
    const list = (rule: string) =>
      edited(smallTwoSites, '    hosts: 2\n', `    hosts: 2\n    acl-rules:\n      - { name: a, ${rule} }\n`)
    for (const rule of [
      'deny: in, protocol: tcp, established: true',
      'deny: out, protocol: icmp, icmp-type: 0',
      'deny: in, protocol: icmp6, icmp-type: 2',
    ]) {
      const { reach, rules } = changeBetween(derived(smallTwoSites), derived(list(rule)))
      expect(reach, rule).toEqual([])
      expect(new Set(rules.map(({ effect }) => effect)), rule).toEqual(new Set(['answers']))
    }
  })
})
