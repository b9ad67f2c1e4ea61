import { expect, test } from 'vitest'
import { loadNetwork, nodeById } from '../model/index.ts'
import { type Ip, ip } from '../net/index.ts'
import { derivePolicy } from '../policy/index.ts'
import { converse } from './conversation.ts'
import { rulesToChange } from './other-outcome.ts'
import { createWorld } from './world.ts'

const { network } = loadNetwork('examples/two-sites/network.yaml')
if (!network) throw new TypeError('load the example: it has mistakes')
const world = createWorld(network, derivePolicy(network))

function changes(
  from: string,
  to: string,
  protocol: 'tcp' | 'udp' | 'icmp',
  destinationPort = 0,
): readonly string[] {
  const destination = nodeById(network as NonNullable<typeof network>, to)?.addresses[0] ?? ip(to)
  const source = nodeById(network as NonNullable<typeof network>, from)?.addresses[0] as Ip
  const conversation = converse(world, {
    from,
    source,
    destination,
    protocol,
    sourcePort: 40_000,
    destinationPort,
  })
  return rulesToChange(world, conversation).map(({ point, rule }) => `${point.id} ${rule.id}`)
}

test('of what is silent, every rule in the way, on all equal ways', () => {
  const found = changes('internet', 'west/shop-web-0', 'tcp', 8443)
  expect(found.slice(0, 2)).toEqual([
    'west/ar1/external/in destination/internal',
    'west/ar2/external/in destination/internal',
  ])
  expect(found.length).toBeGreaterThan(2)
})

test('of what comes through, the rule that lets it', () => {
  const [endpoint] = changes('internet', '198.51.100.2', 'tcp', 443)
  expect(endpoint).toMatch(/^west\/host\d\/vm\/shop-web-\d\/in role\/https$/)
  expect(changes('west/shop-web-0', 'west/shop-worker-0', 'tcp', 9)).not.toEqual([])
})

test('a port that no endpoint opens ends at the balancer: nothing can be said of what would come then', () => {
  const found = changes('internet', '198.51.100.2', 'tcp', 22)
  expect(new Set(found.map((place) => place.split(' ')[1]))).toEqual(new Set(['default/deny']))
})
