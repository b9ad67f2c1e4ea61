import fc from 'fast-check'
import { expect, it } from 'vitest'
import { loadNetwork, type Network } from '../../model/index.ts'
import { derivePolicy, type Translation, type TranslationTier } from '../../policy/index.ts'
import { PacketSets } from '../packets/index.ts'
import { Rewrites } from './rewrites.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const ids = network.nodes.map(({ id }) => id)
const tiers = derivePolicy(network).points.flatMap((point) =>
  point.tiers.flatMap((tier) => (tier.kind === 'translation' ? [tier] : [])),
)

/** With each endpoint twice, behind one of which stand others: as a mistake in deriving them would make it. */
const doubled = ({ translations, ...tier }: TranslationTier): TranslationTier => ({
  ...tier,
  translations: translations.flatMap((each): readonly Translation[] => {
    if (each.kind !== 'endpoint-in' && each.kind !== 'endpoint-out') return [each]
    const backends = each.backends.map((backend, index) => ({
      ...backend,
      node: ids[(ids.indexOf(backend.node) + index + 1) % ids.length] as string,
    }))
    return [each, { ...each, backends }]
  }),
})

it.each([
  ['endpoints', tiers],
  ['endpoints that want the same packets', tiers.map(doubled)],
])('%s take the same packets whoever was looked at before', (_, given) => {
  const sets = new PacketSets()
  const some = fc.subarray(ids)
  fc.assert(
    fc.property(some, some, fc.constantFrom(...given), (before, now, tier) => {
      const first = new Rewrites(sets, { isWhole: false, nodes: before })
      first.of(tier)
      const later = first.seenFrom({ isWhole: false, nodes: now }).of(tier)
      const anew = new Rewrites(sets, { isWhole: false, nodes: now }).of(tier)
      expect(later.domain).toBe(anew.domain)
      expect(later.rewrites.map(({ domain }) => domain)).toEqual(anew.rewrites.map(({ domain }) => domain))
    }),
  )
})
