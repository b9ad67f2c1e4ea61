/** The points of a balancer share their maps: what they do not agree in is refused, never merged. */
import { describe, expect, it } from 'vitest'
import { loadNetwork, type Network } from '../../model/index.ts'
import { derivePolicy, type Point, type Translation } from '../../policy/index.ts'
import { balancerContents } from './contents.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const points = derivePolicy(network).points.filter(({ node }) => node === 'west/lb1')

/** One point with some of its translations changed, or left out. */
const changed = (at: string, change: (each: Translation) => readonly Translation[]): readonly Point[] =>
  points.map((point) =>
    point.id === at
      ? {
          ...point,
          tiers: point.tiers.map((tier) =>
            tier.kind === 'translation' ? { ...tier, translations: tier.translations.flatMap(change) } : tier,
          ),
        }
      : point,
  )

const [external, internal] = ['west/lb1/external/in', 'west/lb1/internal/in'] as const
const isShop = (each: Translation) => 'vip' in each && /shop.*https.*v4/.test(each.rule.id)

describe('points of one balancer', () => {
  it('that agree have one entry for each endpoint', () => {
    for (const family of [4, 6] as const)
      expect(balancerContents(points, family).vips.length).toBeGreaterThan(3)
  })

  it.each<[string, string, (each: Translation) => readonly Translation[]]>([
    [
      'a machine less behind an endpoint',
      external,
      (each) =>
        each.kind === 'endpoint-in' && isShop(each)
          ? [{ ...each, backends: each.backends.slice(1) }]
          : [each],
    ],
    [
      'another port of a machine',
      internal,
      (each) =>
        each.kind === 'endpoint-in' && isShop(each)
          ? [{ ...each, backends: each.backends.map((one) => ({ ...one, port: one.port + 1 })) }]
          : [each],
    ],
    [
      'machines in another order',
      external,
      (each) =>
        each.kind === 'endpoint-in' && isShop(each)
          ? [{ ...each, backends: each.backends.toReversed() }]
          : [each],
    ],
    ['no such endpoint', internal, (each) => (each.kind === 'endpoint-in' && isShop(each) ? [] : [each])],
  ])('with %s at one of them are refused', (_, at, change) => {
    expect(() => balancerContents(changed(at, change), 4)).toThrow(
      /^compile west\/lb1: its points must agree about tcp 198\.51\.100\.2:443, since they share their maps: west\/lb1\/external\/in leads /,
    )
    expect(() => balancerContents(changed(at, change), 6)).not.toThrow()
  })

  it('that take answers of a machine for those of different endpoints are refused', () => {
    const without = (each: Translation) => (each.kind === 'endpoint-out' && isShop(each) ? [] : [each])
    expect(() => balancerContents(changed(internal, without), 4)).toThrow(
      'west/lb1/internal/in knows no answers of it',
    )
  })

  it('that ask for no endpoint at all say nothing of any', () => {
    const none = (each: Translation) => (each.kind === 'endpoint-in' ? [] : [each])
    expect(() => balancerContents(changed(external, none), 4)).not.toThrow()
  })
})
