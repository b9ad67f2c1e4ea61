import { expect, test } from 'vitest'
import { loadNetwork, type Network } from '../model/index.ts'
import { PortRange } from '../net/index.ts'
import { derivePolicy } from './derive/index.ts'
import { meaningsOf } from './meaning.ts'
import type { Point } from './point.ts'
import { rulesOf } from './policy.ts'
import { point, rule, ruleTier } from './testing/sample.ts'

const meaningIn = (one: Point, id: string) => meaningsOf(one).find((place) => place.rule.id === id)?.meaning
const https = rule('open/https', 'deny', { protocol: 6, destinationPorts: [PortRange(443)] })
const first = point([ruleTier('role', https)])
const said = meaningIn(first, 'open/https')

test('a rule says the same wherever it is written and whatever it is there for', () => {
  const moved = { ...https, why: 'Another reason.', origin: { kind: 'built-in', name: 'other' } } as const
  expect(said).toMatch(/^role enforce [0-9a-f]{16}$/)
  expect(meaningIn(point([ruleTier('role', moved)]), 'open/https')).toBe(said)
})

test.each([
  ['another action', { ...https, action: 'allow' as const }],
  ['another port', { ...https, match: { ...https.match, destinationPorts: [PortRange(444)] } }],
  ['audit mode', { ...https, audit: true as const }],
])('%s is another meaning', (_, changed) => {
  expect(meaningIn(point([ruleTier('role', changed)]), 'open/https')).not.toBe(said)
})

test('audit mode is the same whether the rule has it or its tier', () => {
  const own = point([ruleTier('role', { ...https, audit: true })])
  const lent = point([{ ...ruleTier('role', https), audit: true }])
  expect(meaningIn(own, 'open/https')).toBe(meaningIn(lent, 'open/https'))
})

test('they are in the order of the rules, and the same each time a network is read', () => {
  const [one, other] = [0, 1].map(() =>
    derivePolicy(loadNetwork('examples/two-sites/network.yaml').network as Network),
  )
  for (const [index, each] of one!.points.entries()) {
    expect(meaningsOf(each).map((place) => place.rule)).toEqual(rulesOf(each).map((place) => place.rule))
    const again = meaningsOf(other!.points[index]!)
    expect(meaningsOf(each).map(({ meaning }) => meaning)).toEqual(again.map(({ meaning }) => meaning))
  }
})
