/** Random filters in the form that nftables can be given: the two points of one filter, stateful or not. */
import fc from 'fast-check'
import { tierOf, tierShape } from '../../../src/dataplane/testing/arbitrary-point.ts'
import type { Draw } from '../../../src/dataplane/testing/draw.ts'
import { drawPool, drawPrefixList, type Pool } from '../../../src/dataplane/testing/pool.ts'
import { defaultDeny, flowTier, type Point, type RuleTier, shapeTier } from '../../../src/policy/index.ts'

/** Values whose machine behind the filter has addresses that Linux forwards. */
export function drawForwardablePool(d: Draw): Pool {
  for (;;) {
    const pool = drawPool(d.word())
    const [four, six] = [Number(pool.own[4].value >> 24n), Number(pool.own[6].value >> 112n)]
    if (four > 0 && four !== 127 && four < 224 && six > 0 && six < 0xfe00) return pool
  }
}

export function drawRuleset(d: Draw, pool: Pool): readonly Point[] {
  const stateful = d.chance(75)
  const scope = d.chance(25) ? [...drawPrefixList(d, pool), ...drawPrefixList(d, pool)] : undefined
  const rules = (name: string, before: boolean): RuleTier => {
    const [shape] = fc.sample(tierShape, { seed: d.word() | 0, numRuns: 1 })
    const tier = tierOf(shape ?? [], name, pool)
    // What is allowed before the flow tier opens no flow: connection tracking cannot be told so, and the emitter refuses.
    const tame = tier.rules.map((rule) =>
      before && rule.action === 'allow' ? { ...rule, action: 'next' as const } : rule,
    )
    return { ...tier, rules: tame, ...(d.chance(8) && { audit: true as const }) }
  }
  return (['from-local', 'to-local'] as const).map((heading): Point => {
    const point: Point = {
      id: `node/filter/${heading === 'from-local' ? 'out' : 'in'}`,
      kind: 'hypervisor',
      node: 'node',
      interfaces: ['vm0'],
      direction: heading === 'from-local' ? 'in' : 'out',
      tiers: [
        shapeTier,
        ...(d.chance(25) ? [rules('before', stateful)] : []),
        ...(stateful ? [flowTier] : []),
        ...Array.from({ length: d.below(4) }, (_, index) => rules(`after-${index}`, false)),
      ],
      defaultDeny,
      ...(stateful && { flow: { table: 'filter', heading } }),
      ...(d.chance(8) && { audit: true as const }),
    }
    if (!scope) return point
    return { ...point, scope: heading === 'from-local' ? { source: scope } : { destination: scope } }
  })
}
