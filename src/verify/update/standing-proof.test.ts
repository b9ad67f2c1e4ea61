/** What is found by looking at what a change touches is what is found by looking at everything. */

import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Network, parseNetwork } from '../../model/index.ts'
import { smallNetwork } from '../../model/testing/small-network.ts'
import { derivePolicy } from '../../policy/index.ts'
import { createWorld } from '../../trace/index.ts'
import { prove } from '../invariants/index.ts'
import { broken, generated } from '../invariants/testing/proven.ts'
import { randomFault } from '../invariants/testing/random-fault.ts'
import { StandingProof } from './index.ts'
import { rehearsals } from './rehearsal.ts'

const sizes = fc.record({
  vms: fc.integer({ min: 12, max: 40 }),
  hosts: fc.integer({ min: 2, max: 8 }),
  sites: fc.constantFrom(1, 1, 2),
  instancesPerService: fc.integer({ min: 1, max: 6 }),
})

describe('after a fault', () => {
  it.each([
    ['all machines', Number.POSITIVE_INFINITY],
    ['a few that stand for all', 0],
  ])('the same invariants are broken, by %s', { timeout: 600_000 }, (_, alikeFrom) => {
    let [parts, found] = [0, 0]
    fc.assert(
      fc.property(sizes, fc.infiniteStream(fc.nat()), (size, numbers) => {
        const network = generated(size)
        const policy = derivePolicy(network)
        const world = createWorld(network, policy)
        const draw = (end: number): number => (numbers.next().value as number) % end
        for (let count = 0; count < 6; count++) {
          const fault = randomFault(world, draw)
          if (fault.routes.size > 0) continue
          const standing = new StandingProof(network, { alikeFrom })
          if (draw(2) === 0) standing.rehearse()
          const { verdicts, isWhole } = standing.update(network, { policy: fault.policy })
          const all = broken(prove(network, fault.policy, { alikeFrom: Number.POSITIVE_INFINITY }))
          expect(broken(verdicts), fault.name).toEqual(all)
          if (!isWhole) parts++
          if (!isWhole && all.length > 0) found++
        }
      }),
      { numRuns: 5 },
    )
    expect(parts).toBeGreaterThan(0)
    expect(found).toBeGreaterThan(0)
  })
})

describe('what is rehearsed', () => {
  it.each([
    ['all machines', Number.POSITIVE_INFINITY],
    ['a few that stand for all', 0],
  ])('holds, and is a change of a part alone, by %s', (_, alikeFrom) => {
    const network = generated({ vms: 40, hosts: 8, sites: 2 })
    const standing = new StandingProof(network, { alikeFrom })
    const networks = rehearsals(network)
    expect(networks).toHaveLength(2)
    for (const rehearsed of networks) {
      const { verdicts, isWhole } = standing.update(rehearsed)
      expect(broken(verdicts)).toEqual([])
      expect(isWhole).toBe(false)
    }
  })
})

describe('after VMs have changed their addresses with one another', () => {
  it('what is for them is not lost', () => {
    const before = smallNetwork.replace('instances: 3', 'instances: 2')
    const [old, next] = [before, smallNetwork].map((text) => parseNetwork(text).network) as [Network, Network]
    const standing = new StandingProof(old, { alikeFrom: Number.POSITIVE_INFINITY })
    const { verdicts, isWhole } = standing.update(next)
    expect(isWhole).toBe(false)
    expect(broken(verdicts)).toEqual([])
  })
})

describe('an exception that lapses', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('breaks what it covered, though nothing else is otherwise', () => {
    const { network } = parseNetwork(`${smallNetwork}
expect:
  - { name: never, from: shop/web, to: internet, protocol: tcp, ports: 80, then: deny }
exceptions:
  - { of: 'expect:never', why: Known., until: 2027-03-01 }
`)
    if (!network) throw new Error('the network does not load')
    const day = Date.parse('2027-03-01T00:00:00Z')
    vi.useFakeTimers({ now: day - 1, toFake: ['Date'] })
    const standing = new StandingProof(network, { only: ['expect:never', 'vm-hears'] })
    expect(broken(standing.verdicts)).toEqual([])
    vi.setSystemTime(day)
    expect(broken(standing.update(network).verdicts)).toEqual(['expect:never'])
    expect(broken(standing.verdicts)).toEqual(['expect:never'])
  })
})
