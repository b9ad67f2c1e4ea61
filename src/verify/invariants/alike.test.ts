/** A few of machines that are alike say what all of them would: random networks, with random faults, proven both ways; and single faults among many. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostPrefix, prefixEquals } from '../../net/index.ts'
import { derivePolicy, judge, type Point, type Policy, pointById, type Rule } from '../../policy/index.ts'
import { rule, withTiers } from '../../policy/testing/sample.ts'
import { createWorld, WorldState } from '../../trace/index.ts'
import { Alike } from '../alike/index.ts'
import { prove } from './index.ts'
import { broken, generated } from './testing/proven.ts'
import { randomFault, withFault } from './testing/random-fault.ts'

const sizes = fc.record({
  vms: fc.integer({ min: 12, max: 40 }),
  hosts: fc.integer({ min: 2, max: 8 }),
  sites: fc.constantFrom(1, 1, 1, 2),
  instancesPerService: fc.integer({ min: 1, max: 6 }),
})

describe('a few of machines that are alike', () => {
  it('break the invariants that all of them break', { timeout: 600_000 }, () => {
    const found = new Set<string>()
    fc.assert(
      fc.property(sizes, fc.infiniteStream(fc.nat()), (size, numbers) => {
        const network = generated(size)
        const draw = (end: number): number => (numbers.next().value as number) % end
        const sound = createWorld(network, derivePolicy(network))
        const fault = randomFault(sound, draw)
        const world = withFault(sound, fault)
        const all = broken(prove(network, fault.policy, { world, alikeFrom: Number.POSITIVE_INFINITY }))
        const few = broken(prove(network, fault.policy, { world, alikeFrom: 0 }))
        expect(few, fault.name).toEqual(all)
        for (const id of all) found.add(id)
      }),
      { numRuns: 25 },
    )
    expect(found.size).toBeGreaterThan(1)
  })
})

const network = generated({ vms: 600, hosts: 60, instancesPerService: 5 })
const policy = derivePolicy(network)

/** The policy with more rules, first in a tier of some points. */
const withRule = (at: (point: Point) => boolean, tier: string, hole: Rule): Policy => ({
  points: withTiers(policy.points, (each, point) =>
    at(point) && each.kind === 'rules' && each.name === tier
      ? { ...each, rules: [hole, ...each.rules] }
      : each,
  ),
})

describe('of 600 VMs', () => {
  it('a few are looked at, and the network keeps every invariant', () => {
    const unwatched = Alike.of(createWorld(network, policy), 0)?.unwatched.size ?? 0
    expect(unwatched).toBeGreaterThan(600)
    expect(broken(prove(network, policy))).toEqual([])
  })

  it.each([
    ['in', 'role', 'vm-hears'],
    ['out', 'machine-config', 'vm-destinations'],
    ['out', 'own-source', 'vm-own-source'],
  ])('the one whose filter has a hole is found (%s, %s)', (direction, tier, id) => {
    const vm = network.nodes.filter(({ kind }) => kind === 'vm')[417]
    const at = `${vm?.vm?.host}/vm/${vm?.name}/${direction}`
    const hole = rule('hole', tier === 'own-source' ? 'next' : 'allow', { protocol: 6 })
    const given = withRule((point) => point.id === at, tier, hole)
    const [verdict] = prove(network, given).filter(({ invariant }) => invariant.id === id)
    expect(verdict?.holds).toBe(false)
    const [example] = verdict?.counterexamples ?? []
    expect(example?.at).toBe(at)
    const point = pointById(given, at) as Point
    const packet = example?.packet
    expect(packet && judge(point, packet, new WorldState().of(point)).verdict).toBe('allow')
  })

  it('the host that hears another port is found', () => {
    const at = 'site1/host43/partition/in'
    const given = withRule(({ id }) => id === at, 'host-config', rule('hole', 'allow', { protocol: 6 }))
    const verdicts = prove(network, given)
    expect(broken(verdicts)).toContain('host-hears')
    const [verdict] = verdicts.filter(({ invariant }) => invariant.id === 'host-hears')
    expect(verdict?.counterexamples[0]?.at).toBe(at)
  })
  it('the host that one router does not lead to is found', () => {
    const sound = createWorld(network, policy)
    const host = sound.node('site1/host43').addresses.map(hostPrefix)
    const routes = sound
      .routes('site1/dr1')
      .map((route) =>
        host.some((own) => prefixEquals(own, route.prefix)) ? { ...route, nextHops: [] } : route,
      )
    const world = withFault(sound, { name: 'null route', policy, routes: new Map([['site1/dr1', routes]]) })
    expect(broken(prove(network, policy, { world }))).toContain('no-black-holes')
  })
})
