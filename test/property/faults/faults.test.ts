/**
 * Faults of our own deriving, one at a time: a point missing, a tier missing, a rule removed, turned, swapped with the next, widened by a
 * bit, off by a port. Each that changes what its point lets pass is found by an invariant that speaks of that layer, with a packet that
 * does what is said of it; each that changes nothing is reported by none.
 */
import { describe, expect, it } from 'vitest'
import { type InvariantId, loadNetwork, type Network } from '../../../src/model/index.ts'
import { derivePolicy, type PointKind } from '../../../src/policy/index.ts'
import { createWorld } from '../../../src/trace/index.ts'
import { ProofMemory, prove, type Verdict } from '../../../src/verify/index.ts'
import { happens } from '../../../src/verify/invariants/testing/happens.ts'
import { changesSomething } from './effect.ts'
import { faultsOf, type PointFault, representatives, withFault } from './fault.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const policy = derivePolicy(network)
const memory = new ProofMemory()

/** Invariants that speak of each layer. */
const layers: Readonly<Partial<Record<PointKind, readonly InvariantId[]>>> = {
  'access-router': ['edge-in', 'edge-out'],
  balancer: ['balancer-leads', 'endpoint-shared'],
  'distribution-router': ['inner-addresses', 'inner-openings'],
  'native-host': ['native-hears', 'native-speaks', 'no-strays'],
  host: ['host-hears', 'host-speaks', 'as-written', 'no-strays'],
  hypervisor: ['vm-own-source', 'vm-destinations', 'vm-no-server', 'vm-hears', 'as-written', 'no-strays'],
  guest: ['guest-firewall', 'no-strays'],
}

/** Of layers with hundreds of them every so-many is tried, the same in each run. */
const share: Readonly<Partial<Record<PointKind, number>>> = {
  balancer: 8,
  'distribution-router': 2,
  'native-host': 4,
  host: 3,
  hypervisor: 3,
}

const faults: readonly PointFault[] = representatives(policy)
  .filter(({ kind }) => layers[kind])
  .flatMap(faultsOf)
  .filter(({ point }, index) => index % (share[point.kind] ?? 1) === 0)

function proven(fault: PointFault): readonly Verdict[] {
  const only = ['points-present', ...(layers[fault.point.kind] ?? [])]
  return prove(network, withFault(policy, fault), { memory, only, most: 1 })
}

const changesNothing = ({ point, spoilt }: PointFault): boolean =>
  !changesSomething(memory, policy, point, spoilt)

describe('a fault', () => {
  const harmless = faults.filter(changesNothing)
  const harmful = faults.filter((fault) => !harmless.includes(fault))

  it('is one of many', () => {
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length)
    expect(harmful.length).toBeGreaterThanOrEqual(400)
    expect(harmless.length).toBeGreaterThanOrEqual(60)
    process.stdout.write(
      `faults of derived rules: ${harmful.length}, and ${harmless.length} that change nothing\n`,
    )
  })

  it('is found by an invariant of its layer, and what is shown happens', () => {
    const missed = harmful.filter((fault) => {
      const broken = proven(fault).filter(({ holds }) => !holds)
      const world = createWorld(network, withFault(policy, fault))
      for (const { counterexamples } of broken)
        for (const example of counterexamples) expect(happens(world, example), fault.name).toBe(true)
      return broken.length === 0
    })
    expect(missed.map(({ name }) => name)).toEqual([])
  }, 300_000)

  it('that changes no decision is reported by none', () => {
    const reported = harmless.filter((fault) => proven(fault).some(({ holds }) => !holds))
    expect(reported.map(({ name }) => name)).toEqual([])
  }, 300_000)
})
