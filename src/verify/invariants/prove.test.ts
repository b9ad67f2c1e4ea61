/** The example keeps all invariants; a hole in any layer breaks the right one, and its counterexample does what it says. */

import { describe, expect, it } from 'vitest'
import { loadNetwork, type Network } from '../../model/index.ts'
import { prefix } from '../../net/index.ts'
import { derivePolicy, type Policy, type Rule, type RuleTier } from '../../policy/index.ts'
import { rule as makeRule, withTiers } from '../../policy/testing/sample.ts'
import { createWorld } from '../../trace/index.ts'
import { prove } from './index.ts'
import { happens } from './testing/happens.ts'
import { broken } from './testing/proven.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const policy = derivePolicy(network)

/** The policy with the rules of some tiers changed. */
const changed = (at: RegExp, tier: string, change: (rules: readonly Rule[]) => readonly Rule[]): Policy => ({
  points: withTiers(policy.points, (each, point) =>
    at.test(point.id) && each.kind === 'rules' && each.name === tier
      ? { ...each, rules: change(each.rules) }
      : each,
  ),
})

const without = (id: RegExp) => (rules: readonly Rule[]) => rules.filter((rule) => !id.test(rule.id))
const opened = (match: Rule['match']) => (rules: readonly Rule[]) => [
  makeRule('hole', 'allow', match),
  ...rules,
]
/** Of a rule, something else. */
const altered =
  (id: RegExp, change: Partial<Rule>) =>
  (rules: readonly Rule[]): readonly Rule[] =>
    rules.map((rule) => (id.test(rule.id) ? { ...rule, ...change } : rule))

describe('the example', () => {
  it('keeps every invariant', () => {
    const verdicts = prove(network, policy)
    expect(verdicts.length).toBeGreaterThanOrEqual(15)
    expect(broken(verdicts)).toEqual([])
  })
})

const internal = [prefix('10.0.0.0/8')]

describe('a fault is found', () => {
  it.each<[string, Policy, string]>([
    [
      'a worker role that is open to all',
      changed(
        /vm\/shop-work.*\/in$/,
        'role',
        opened({ protocol: 6, destinationPorts: [{ first: 9000, last: 9000 }] }),
      ),
      'vm-hears',
    ],
    [
      'a VM that may bear any source',
      changed(/vm\/shop-web-0\/out$/, 'own-source', () => []),
      'vm-own-source',
    ],
    [
      'machine-config without its rule about router subnets and the inside',
      changed(/vm\/.*\/out$/, 'machine-config', without(/routers|internal|bogon/)),
      'vm-destinations',
    ],
    [
      'a host that hears another port',
      changed(/partition\/in$/, 'host-config', opened({ protocol: 6 })),
      'host-hears',
    ],
    [
      'a site whose hosts have another rule',
      changed(/^west\/host1\/partition\/in$/, 'host-config', altered(/agent/, { action: 'deny' })),
      'sites-alike',
    ],
  ])('%s', (_, given, id) => {
    const verdicts = prove(network, given)
    expect(broken(verdicts)).toContain(id)
    for (const { counterexamples } of verdicts)
      for (const example of counterexamples)
        expect(happens(createWorld(network, given), example), example.at).toBe(true)
  })

  it('that lets the inside out at an access router, by the whole network', () => {
    const given: Policy = {
      points: policy.points.map((point) =>
        point.kind === 'access-router'
          ? {
              ...point,
              tiers: [
                {
                  kind: 'rules',
                  name: 'hole',
                  rules: [makeRule('hole', 'allow', { source: internal })],
                } satisfies RuleTier,
              ],
            }
          : point,
      ),
    }
    const verdicts = prove(network, given)
    expect(broken(verdicts)).not.toEqual([])
    for (const { counterexamples } of verdicts)
      for (const example of counterexamples)
        expect(happens(createWorld(network, given), example), example.at).toBe(true)
  })
})
