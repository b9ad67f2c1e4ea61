/** Exceptions cover what they name until their day comes, and nothing else. */
import { describe, expect, it } from 'vitest'
import { invariantIds, type Network, parseNetwork } from '../../model/index.ts'
import { smallNetwork } from '../../model/testing/small-network.ts'
import { derivePolicy, type Policy } from '../../policy/index.ts'
import { inAny } from '../../policy/match.ts'
import { rule, withTiers } from '../../policy/testing/sample.ts'
import { invariants, prove, type Verdict } from './index.ts'

const day = Date.parse('2027-03-01T00:00:00Z')

/** The small network with exceptions; every VM hears what comes on port 22. */
function proven(exceptions: string, now = day - 1): Verdict {
  const { network, diagnostics } = parseNetwork(`${smallNetwork}exceptions:\n${exceptions}`)
  if (!network) throw new Error(diagnostics[0]?.message)
  return prove(network, opened(network), { now, only: ['vm-hears'] })[0] as Verdict
}

const opened = (network: Network): Policy => {
  const hole = rule('hole', 'allow', { protocol: 6, destinationPorts: [{ first: 22, last: 22 }] })
  const { points } = derivePolicy(network)
  return {
    points: withTiers(points, (tier, { id }) =>
      /\/vm\/.*\/in$/.test(id) && tier.kind === 'rules' && tier.name === 'role'
        ? { ...tier, rules: [hole, ...tier.rules] }
        : tier,
    ),
  }
}

const until = 'why: Known., until: 2027-03-01'

describe('an exception', () => {
  it('covers a failure until its day', () => {
    const before = proven(`  - { of: vm-hears, ${until} }`)
    expect(before).toMatchObject({ holds: true, counterexamples: [] })
    expect(before.exceptions.covering).toHaveLength(1)
    const after = proven(`  - { of: vm-hears, ${until} }`, day)
    expect(after.holds).toBe(false)
    expect(after.exceptions).toMatchObject({ covering: [], stale: [], lapsed: [{ of: 'vm-hears' }] })
  })

  it('covers no other place, and the places that it covers are not shown', () => {
    const verdict = proven(`  - { of: vm-hears, at: west/host1, ${until} }`)
    expect(verdict.holds).toBe(false)
    expect(verdict.places).toBe(2)
    expect(verdict.counterexamples.map(({ at }) => at)).toEqual([
      'west/host2/vm/shop-web-1/in',
      'west/host2/vm/shop-worker-0/in',
    ])
    expect(proven(`  - { of: vm-hears, at: 'west/*/vm/shop-*/in', ${until} }`).holds).toBe(true)
    // A place is no beginning of a word.
    expect(proven(`  - { of: vm-hears, at: west/host1/vm/shop-web-0/i, ${until} }`)).toMatchObject({
      holds: false,
      places: 4,
      exceptions: { stale: [{ place: 'west/host1/vm/shop-web-0/i' }] },
    })
  })

  it('covers no other packets: the one that is shown is none of its own', () => {
    const verdict = proven(`  - { of: vm-hears, from: [internet, vms], ${until} }`)
    expect(verdict.holds).toBe(false)
    expect(verdict.exceptions.covering).toHaveLength(1)
    const [{ from = [] } = {}] = verdict.exceptions.covering
    for (const { packet } of verdict.counterexamples) expect(inAny(from, packet.source)).toBe(false)
    expect(
      proven(`  - { of: vm-hears, from: [internet, internal, bogons, vips, routers], ${until} }`).holds,
    ).toBe(false)
  })

  it('of something that holds is stale', () => {
    const { network } = parseNetwork(`${smallNetwork}exceptions:\n  - { of: vm-hears, ${until} }`)
    const [verdict] = prove(network as Network, derivePolicy(network as Network), {
      now: 0,
      only: ['vm-hears'],
    })
    expect(verdict).toMatchObject({ holds: true, exceptions: { covering: [], stale: [{ of: 'vm-hears' }] } })
  })

  it('may name every invariant', () =>
    expect(invariantIds).toEqual([...invariants.map(({ id }) => id), 'names-public', 'names-complete']))
})
