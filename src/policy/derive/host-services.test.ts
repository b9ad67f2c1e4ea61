import { describe, expect, it } from 'vitest'
import { loadNetwork, type Network } from '../../model/index.ts'
import { prefix } from '../../net/index.ts'
import { rulesOf } from '../policy.ts'
import { rule } from '../testing/sample.ts'
import { splitRules } from './host-services.ts'
import { derivePolicy } from './index.ts'

const [wire, wire6, own] = ['168.63.129.16/32', 'fd00:a83f:8110::1/128', '10.0.2.1/32'].map(prefix) as [
  ReturnType<typeof prefix>,
  ReturnType<typeof prefix>,
  ReturnType<typeof prefix>,
]

describe('host-config rules', () => {
  it.each(['in', 'out'] as const)('that go %s are about the services if they name them', (direction) => {
    const end = (prefixes: (typeof wire)[]) =>
      direction === 'in' ? { destination: prefixes } : { source: prefixes }
    const rules = [
      rule('service', 'allow', end([wire, wire6])),
      rule('host', 'allow', end([own])),
      rule('both', 'allow', end([own, wire])),
      rule('wide', 'deny', end([prefix('168.0.0.0/8')])),
      rule('everybody', 'allow', end([prefix('0.0.0.0/0')])),
      rule('any', 'allow'),
      rule('never', 'deny'),
    ]
    const { partition, services } = splitRules(rules, direction)
    expect(services.map(({ id }) => id)).toEqual(['service', 'both', 'wide', 'never'])
    expect(partition.map(({ id }) => id)).toEqual(['host', 'both', 'wide', 'everybody', 'any', 'never'])
  })
})

describe('services of hosts', () => {
  const { points } = derivePolicy(loadNetwork('examples/two-sites/network.yaml').network as Network)

  it('get no answers of DHCP, which are for the host itself', () => {
    const ids = points
      .filter(({ id }) => id.includes('/services/'))
      .flatMap((point) => rulesOf(point).map((place) => place.rule.id))
    expect(ids).toContain('host/wire-server')
    expect(ids.filter((id) => id.includes('dhcp'))).toEqual([])
  })

  it('are judged by points that remember nothing, and by no point that does', () => {
    const services = points.filter(({ id }) => id.includes('/services/'))
    expect(new Set(services.map(({ node }) => node)).size).toBe(6)
    for (const point of services) expect([point.id, point.flow]).toEqual([point.id, undefined])
    const partitions = points.filter(({ id }) => id.includes('/partition/'))
    for (const { id, scope } of partitions)
      for (const service of [wire, wire6, prefix('169.254.169.254/32'), prefix('fd00:a9fe:a9fe::1/128')]) {
        const scoped = [...(scope?.source ?? []), ...(scope?.destination ?? [])]
        expect(scoped, id).not.toHaveLength(0)
        const holding = scoped.filter(
          ({ family, value, length }) =>
            family === service.family &&
            value >> BigInt(bits[family] - length) === service.value >> BigInt(bits[family] - length),
        )
        expect([id, holding]).toEqual([id, []])
      }
  })
})

const bits = { 4: 32, 6: 128 } as const
