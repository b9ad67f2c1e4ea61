/** ICMP errors that are let in without a flow, and errors of routers that are kept out: each fault is found, with what shows it. */
import { describe, expect, it } from 'vitest'
import { generateNetwork } from '../../model/generate.ts'
import { loadNetwork, type Network, parseNetwork } from '../../model/index.ts'
import { icmpOf, prefix } from '../../net/index.ts'
import { derivePolicy, type Point, type Policy, type Rule, type RuleTier } from '../../policy/index.ts'
import { rule, withOpening } from '../../policy/testing/sample.ts'
import { createWorld } from '../../trace/index.ts'
import { icmpErrors } from '../../wire/index.ts'
import { prove } from './index.ts'
import { happens } from './testing/happens.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const policy = derivePolicy(network)
const ids = ['errors-return', 'errors-by-flow']

const about = (action: Rule['action'], more: Rule['match'] = {}): RuleTier => ({
  kind: 'rules',
  name: 'errors',
  rules: ([4, 6] as const).flatMap((family) =>
    icmpErrors[family].map((icmpType) =>
      rule(`error/${family}/${icmpType}`, action, { family, protocol: icmpOf(family), icmpType, ...more }),
    ),
  ),
})

/** A tier before all others of some points. */
const inFront = (tier: RuleTier, has: (point: Point) => boolean): Policy => ({
  points: policy.points.map((point) => (has(point) ? { ...point, tiers: [tier, ...point.tiers] } : point)),
})

const opening = (port: number, has: (point: Point) => boolean): Policy => ({
  points: withOpening(policy.points, has, port),
})

const at = (id: string) => (point: Point) => point.id === id

const without = (node: string, kind: 'egress-in' | 'endpoint-in'): Policy => ({
  points: policy.points.map((point) => ({
    ...point,
    tiers: point.tiers.map((tier) =>
      point.node === node && tier.kind === 'translation'
        ? { ...tier, translations: tier.translations.filter((each) => each.kind !== kind) }
        : tier,
    ),
  })),
})

const heading = (kind: Point['kind'], to: 'to-local' | 'from-local') => (point: Point) =>
  point.kind === kind && point.flow?.heading === to

function broken(given: Policy): readonly string[] {
  const world = createWorld(network, given)
  const verdicts = prove(network, given, { only: ids })
  for (const { counterexamples } of verdicts)
    for (const example of counterexamples)
      expect(happens(world, example), JSON.stringify(example.at)).toBe(true)
  return verdicts.filter(({ holds }) => !holds).map(({ invariant }) => invariant.id)
}

describe('ICMP errors', () => {
  it('come back, and reach nobody but by flows, in the example and in a network that is made', () => {
    expect(broken(policy)).toEqual([])
    const other = parseNetwork(generateNetwork({ vms: 30, sites: 2, hosts: 3 })).network as Network
    expect(prove(other, derivePolicy(other), { only: ids }).map(({ holds }) => holds)).toEqual([true, true])
  }, 60_000)

  it.each<[string, Policy]>([
    ['VMs', inFront(about('allow'), heading('hypervisor', 'to-local'))],
    ['one VM', inFront(about('allow'), ({ id }) => id === 'west/host1/vm/shop-web-0/in')],
    ['native hosts', inFront(about('allow'), heading('native-host', 'to-local'))],
    ['host partitions', inFront(about('allow'), heading('host', 'to-local'))],
    [
      'VMs from one address',
      inFront(
        about('allow', { source: [prefix('192.0.2.9/32')], family: 4, protocol: 1, icmpType: 3 }),
        heading('hypervisor', 'to-local'),
      ),
    ],
  ])(
    'that %s let in whatever they quote are found',
    (_, given) => {
      expect(broken(given)).toEqual(['errors-by-flow'])
    },
    60_000,
  )

  it.each<[string, Policy]>([
    ['a VM', inFront(about('deny'), ({ id }) => id === 'west/host1/vm/shop-web-0/in')],
    ['a machine of the infrastructure', inFront(about('deny'), ({ id }) => id === 'west/fc1/native/in')],
    ['an access router', inFront(about('deny'), ({ id }) => id === 'west/ar1/external/in')],
    [
      'a distribution router',
      inFront(about('deny'), ({ kind, node }) => kind === 'distribution-router' && node === 'west/dr2'),
    ],
    [
      'a host that tells its VMs nothing',
      inFront(about('deny'), ({ id }) => id === 'west/host1/partition/out'),
    ],
    ['a balancer that does not know its connections', without('west/lb1', 'egress-in')],
    [
      'a balancer that has none about answers to VMs of its site',
      inFront(
        about('deny', { destination: network.sites[0]?.public.vips ?? [] }),
        at('west/lb2/internal/in'),
      ),
    ],
  ])(
    'that are kept out by %s are found',
    (_, given) => {
      expect(broken(given)).toEqual(['errors-return'])
    },
    60_000,
  )

  it('about ICMP that opens no flow reach nobody: no filter remembers it', () => {
    const timestamps: RuleTier = {
      kind: 'rules',
      name: 'timestamps',
      rules: [rule('timestamps', 'allow', { family: 4, protocol: 1, icmpType: 13 })],
    }
    const given: Policy = {
      points: policy.points.map((point) => {
        const after = 1 + point.tiers.findIndex(({ kind }) => kind === 'flow')
        return point.id === 'west/host1/vm/shop-web-0/out'
          ? { ...point, tiers: point.tiers.toSpliced(after, 0, timestamps) }
          : point
      }),
    }
    expect(broken(given)).toEqual([])
  }, 60_000)

  it.each<[string, Policy]>([
    ['a worker that hears anybody', opening(9000, at('west/host1/vm/shop-worker-1/in'))],
    ['a VM that speaks to anybody', opening(22, at('west/host1/vm/shop-web-0/out'))],
    ['a fabric controller that hears anybody', opening(7500, at('west/fc1/native/in'))],
    ['a host that hears anybody', opening(7443, at('west/host2/partition/in'))],
    [
      'a VM that may bear the address of another, and is heard by it',
      opening(9000, ({ id }) => /^west.host1.vm.(shop-worker-1.in|shop-web-0.out)$/.test(id)),
    ],
  ])(
    'about a connection of %s are found, with what opened it',
    (_, given) => {
      const [verdict] = prove(network, given, { only: ['errors-by-flow'] })
      expect(verdict?.holds).toBe(false)
      for (const example of verdict?.counterexamples ?? []) {
        expect(example.after?.every(({ sender }) => sender !== undefined)).toBe(true)
        expect(example.after?.some(({ rule: by }) => by?.rule.id.startsWith('opening/'))).toBe(true)
        expect(happens(createWorld(network, given), example), example.at).toBe(true)
        expect(happens(createWorld(network, policy), example), example.at).toBe(false)
      }
    },
    60_000,
  )
})
