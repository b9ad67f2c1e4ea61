/** Rate limits that are never exceeded, to measure what asking them costs. */
import type { LimitKey, LimitTier, Policy } from '../../src/policy/index.ts'

export type LimitKind = keyof typeof limitKinds

/** Limits that no measured packet is over: each takes from a bucket, and that is what it costs. */
const limitKinds = {
  'per source': { kind: 'prefix', end: 'source', length: { 4: 32, 6: 64 } },
  'per source /24': { kind: 'prefix', end: 'source', length: { 4: 24, 6: 56 } },
  'per VIP': { kind: 'address', end: 'destination', addresses: [] },
} as const satisfies Record<string, LimitKey>

const generous = { units: 1e9, burst: 1e9 }

/** The policy with these limits at one point, and none elsewhere, in place of those of the network file. */
export function withLimits(policy: Policy, point: string, limits: readonly LimitKind[] = []): Policy {
  const tier: LimitTier = {
    kind: 'limit',
    name: 'rate-limits',
    limits: limits.map((name) => ({
      rule: {
        id: `limit/${name}`,
        action: 'deny',
        match: {},
        origin: { kind: 'built-in', name: 'bench' },
        why: 'To be measured.',
      },
      key: limitKinds[name],
      packets: generous,
      bytes: { units: 1e12, burst: 1e12 },
    })),
  }
  return {
    points: policy.points.map((at) => {
      const others = at.tiers.filter(({ kind }) => kind !== 'limit')
      if (at.id !== point || limits.length === 0) return { ...at, tiers: others }
      return { ...at, tiers: [...others.slice(0, -1), tier, ...others.slice(-1)] }
    }),
  }
}
