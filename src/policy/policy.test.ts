import { describe, expect, it } from 'vitest'
import { loadNetwork, type Network } from '../model/index.ts'
import { flowTier } from './built-in.ts'
import { derivePolicy } from './derive/index.ts'
import { matchProblem } from './match.ts'
import { formatOrigin } from './origin.ts'
import type { Point } from './point.ts'
import { pointById, pointsAt, rulesOf } from './policy.ts'
import { point, rule, ruleTier } from './testing/sample.ts'
import { openingRules } from './track.ts'

describe('rules of a point', () => {
  it('in the order in which they are asked, default deny last', () => {
    const at = point([
      ruleTier('one', rule('a', 'next'), rule('b', 'allow')),
      flowTier,
      ruleTier('two', rule('c', 'deny')),
    ])
    expect(rulesOf(at).map(({ tier, rule: { id } }) => `${tier}: ${id}`)).toEqual([
      'shape: shape/arp',
      'shape: shape/neighbour-discovery',
      'shape: shape/not-ip',
      'shape: shape/fragment',
      'shape: shape/ip-options',
      'shape: shape/extension-header',
      'shape: shape/malformed',
      'one: a',
      'one: b',
      'flow: flow/established',
      'flow: flow/related',
      'flow: flow/none',
      'flow: flow/revoked',
      'flow: flow/full',
      'two: c',
      'default: default/deny',
    ])
  })
})

describe('the derived policy', () => {
  const network = loadNetwork('examples/two-sites/network.yaml').network as Network
  const policy = derivePolicy(network)

  it('is the same each time', () => expect(derivePolicy(network)).toEqual(policy))

  it('names points and rules uniquely, and each rule makes sense', () => {
    const ids = policy.points.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const at of policy.points) {
      const places = rulesOf(at)
      expect(new Set(places.map((place) => place.rule.id)).size).toBe(places.length)
      expect(new Set(places.map((place) => place.rule)).size).toBe(places.length)
      for (const place of places) {
        expect(matchProblem(place.rule.match)).toBeUndefined()
        expect(place.rule.why).toMatch(/.\.$/)
        expect(formatOrigin(place.rule.origin)).not.toBe('')
      }
    }
  })

  it('ends every point with default deny and starts it with the port of a VM or the shape of frames', () => {
    for (const { id, tiers, defaultDeny } of policy.points) {
      const first = /\/vm\/.*\/out$/.test(id) ? ['port', 'shape'] : ['shape']
      expect(tiers.slice(0, first.length).map(({ kind }) => kind)).toEqual(first)
      expect(defaultDeny.id).toBe('default/deny')
    }
  })

  it('puts a stateful filter of two directions at every VM and every host', () => {
    for (const { id, kind, name, vm } of network.nodes) {
      if (kind !== 'vm' && kind !== 'host') continue
      const filter = kind === 'vm' ? `${vm?.host}/vm/${name}` : `${id}/partition`
      for (const [direction, heading] of [
        ['out', 'from-local'],
        ['in', 'to-local'],
      ]) {
        const at = pointById(policy, `${filter}/${direction}`)
        const opposite = pointById(policy, `${filter}/${direction === 'in' ? 'out' : 'in'}`) as Point
        expect(at?.flow).toMatchObject({ table: filter, heading })
        expect(at?.flow?.opposite).toEqual(openingRules(opposite))
        expect(at?.flow?.opposite?.tiers.length).toBeGreaterThan(0)
        expect(at?.tiers.some((tier) => tier.kind === 'flow')).toBe(true)
      }
    }
  })

  it('finds points by interface, in order', () => {
    const at = pointById(policy, 'west/ar1/external/in') as Point
    const [iface] = at.interfaces as [string]
    expect(pointsAt(policy, 'west/ar1', iface, 'in')).toEqual([at])
    expect(pointsAt(policy, 'west/ar1', iface, 'out')).toEqual([])
    expect(pointsAt(policy, 'nowhere', iface, 'in')).toEqual([])
  })
})
