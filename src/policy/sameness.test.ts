/** What says the same in two policies: whatever is said counts, and where it is written does not. */
import { describe, expect, it } from 'vitest'
import { generateNetwork, parseNetwork, Sameness } from '../model/index.ts'
import { derivePolicy } from './derive/index.ts'
import type { Point, Tier } from './point.ts'
import type { Policy } from './policy.ts'

const text = generateNetwork({ vms: 20, hosts: 2, tenants: 2 })

function policyOf(written: string): Policy {
  const { network } = parseNetwork(written)
  if (!network) throw new Error('a generated network does not load')
  return derivePolicy(network)
}

const policy = policyOf(text)

/** Ids of points that say something else than in `policy`. */
const others = (points: readonly Point[]): readonly string[] => {
  const sameness = new Sameness()
  return points
    .filter((point, index) => !sameness.same(point, policy.points[index] as Point))
    .map(({ id }) => id)
}

describe('what says the same', () => {
  it('does so on other lines', () => {
    expect(others(policyOf(`# one line more\n\n${text}`).points)).toEqual([])
  })

  it('is all but what a port is written for', () => {
    const changed = others(policyOf(text.replace('port: 9000', 'port: 9001')).points)
    expect(changed.length).toBeGreaterThan(0)
    expect(changed.every((id) => id.includes('/s1-worker-'))).toBe(true)
  })

  it('does not, if a rule is moved, audits, or says a value of another kind', () => {
    const at = policy.points.findIndex(({ tiers }) =>
      tiers.some((tier) => tier.kind === 'rules' && tier.rules.length > 1),
    )
    const point = policy.points[at] as Point
    const withTier = (change: (tier: Tier) => Tier): readonly Point[] =>
      policy.points.with(at, { ...point, tiers: point.tiers.map(change) })
    const moved = withTier((tier) =>
      tier.kind === 'rules' ? { ...tier, rules: tier.rules.toReversed() } : tier,
    )
    const audited = withTier((tier) => (tier.kind === 'rules' ? { ...tier, audit: true } : tier))
    for (const points of [moved, audited, policy.points.with(at, { ...point, scope: {} })])
      expect(others(points)).toEqual([point.id])
  })
})
