import { describe, expect, it } from 'vitest'
import { generateNetwork, parseNetwork } from '../../model/index.ts'
import { lendingOf } from '../translation.ts'
import { derivePolicy } from './index.ts'

describe('what a balancer lends', () => {
  it('is one value for all of its endpoints of a family, however many there are', () => {
    const { network } = parseNetwork(generateNetwork({ vms: 60, instancesPerService: 3 }))
    const points = network ? derivePolicy(network).points.filter(({ kind }) => kind === 'balancer') : []
    expect(points).not.toHaveLength(0)
    for (const { tiers } of points) {
      const translations = tiers.flatMap((tier) => (tier.kind === 'translation' ? tier.translations : []))
      const hairpins = translations.flatMap((each) =>
        each.kind === 'endpoint-in' ? (lendingOf(each) ?? []) : [],
      )
      if (translations.some(({ kind }) => kind === 'egress-out')) expect(hairpins.length).toBeGreaterThan(20)
      expect(new Set(hairpins).size).toBeLessThanOrEqual(2)
    }
  })
})
