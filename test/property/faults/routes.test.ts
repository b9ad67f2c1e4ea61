/** Routes that are missing, or lead elsewhere, at an access router, a balancer and a distribution router: each is found by some invariant. */
import { describe, expect, it } from 'vitest'
import {
  hostServices,
  type Network,
  type Node,
  type NodeKind,
  neighboursOf,
  type Route,
} from '../../../src/model/index.ts'
import { formatIp, formatPrefix, hostPrefix, type Ip } from '../../../src/net/index.ts'
import { derivePolicy, type Policy } from '../../../src/policy/index.ts'
import { createWorld } from '../../../src/trace/index.ts'
import { ProofMemory, prove } from '../../../src/verify/index.ts'
import { happens } from '../../../src/verify/invariants/testing/happens.ts'
import { withFault } from '../../../src/verify/invariants/testing/random-fault.ts'
import { loadFiles, written } from './written.ts'

const network = loadFiles(written).network as Network
const policy = derivePolicy(network)
const world = createWorld(network, policy)
const memory = new ProofMemory()

interface RouteFault {
  readonly name: string
  readonly node: string
  readonly routes: readonly Route[]
}

/** Every so-many of a table, the same in each run. */
const share: Readonly<Partial<Record<NodeKind, number>>> = { 'distribution-router': 4 }

const waysOf = (hops: Route['nextHops']): string => hops.map((hop) => hop.interface).join()

function faultsAt(kind: NodeKind): readonly RouteFault[] {
  const node = network.nodes.find((each) => each.kind === kind)?.id as string
  const table = world.routes(node)
  return table.flatMap((route, index): RouteFault[] => {
    if (index % (share[kind] ?? 2) > 0) return []
    const what = `${node} to ${formatPrefix(route.prefix)}`
    const other = table.find(
      ({ prefix, nextHops }) =>
        prefix.family === route.prefix.family && waysOf(nextHops) !== waysOf(route.nextHops),
    )
    const led = other && { ...route, nextHops: other.nextHops }
    return [
      { name: `${what}: removed`, node, routes: table.filter((each) => each !== route) },
      ...(led
        ? [
            {
              name: `${what}: led elsewhere`,
              node,
              routes: table.map((each) => (each === route ? led : each)),
            },
          ]
        : []),
    ]
  })
}

const faults = (['access-router', 'balancer', 'distribution-router'] as const).flatMap(faultsAt)
const byPackets = ['no-loops', 'no-black-holes', 'equal-ways']

function found({ name, node, routes }: RouteFault): readonly string[] {
  const spoilt = withFault(world, { name, policy, routes: new Map([[node, routes]]) })
  const only = [...byPackets, 'sites-alike']
  const broken = prove(network, policy, { memory, most: 1, only, world: spoilt }).filter(
    ({ holds }) => !holds,
  )
  for (const { counterexamples } of broken)
    for (const example of counterexamples) expect(happens(spoilt, example), name).toBe(true)
  return broken.map(({ invariant }) => invariant.id)
}

describe('a route that is not what it was', () => {
  it('is found: by packets that it loses or leads otherwise, or since the other site has it', () => {
    const all = faults.map((fault) => ({ name: fault.name, by: found(fault) }))
    expect(all.length).toBeGreaterThanOrEqual(45)
    expect(all.filter(({ by }) => by.length === 0)).toEqual([])
    expect(all.filter(({ by }) => byPackets.some((id) => by.includes(id))).length).toBeGreaterThanOrEqual(5)
  }, 300_000)

  // Each of these was once reported by none.
  const dr = network.nodes.find(({ kind }) => kind === 'distribution-router') as Node
  const lb = network.nodes.find(({ kind }) => kind === 'balancer') as Node
  const services = hostServices.flatMap(({ addresses }) => addresses)
  const told = [...lb.publicAddresses, ...services].map(hostPrefix).map(formatPrefix)

  it.each(told)('at a distribution router to %s is missed, since the other site has it', (to) => {
    const routes = world.routes(dr.id).filter(({ prefix }) => formatPrefix(prefix) !== to)
    expect(routes).toHaveLength(world.routes(dr.id).length - 1)
    expect(found({ name: to, node: dr.id, routes })).toEqual(['sites-alike'])
  })

  it('to the address that a balancer lends is missed by answers, though no site has it', () => {
    const lent = new Set(
      network.nodes.flatMap(({ publicAddresses }) => publicAddresses.map(hostPrefix).map(formatPrefix)),
    )
    const routers = network.nodes.filter(({ kind }) => kind === 'distribution-router')
    const routes = new Map(
      routers.map(({ id }) => [id, world.routes(id).filter(({ prefix }) => !lent.has(formatPrefix(prefix)))]),
    )
    const spoilt = withFault(world, { name: 'no way to what is lent', policy, routes })
    const verdicts = prove(network, policy, {
      memory,
      world: spoilt,
      only: ['sites-alike', 'answers-return'],
    })
    expect(verdicts.map(({ holds }) => holds)).toEqual([false, true])
    for (const example of verdicts[0]?.counterexamples ?? []) expect(happens(spoilt, example)).toBe(true)
  }, 60_000)
})

describe('a route from outside to a machine inside', () => {
  const vm = network.nodes.find(({ kind }) => kind === 'vm') as Node
  const routers = network.nodes.filter(({ kind }) => kind === 'access-router')

  /** Access routers lead a VM's own addresses to a balancer, as they lead VIPs. */
  const spoilt = withFault(world, {
    name: 'a DIP from outside',
    policy,
    routes: new Map(
      routers.map(({ id }) => {
        const [hop] = neighboursOf(network, id).flatMap((each) =>
          each.node.kind === 'balancer' ? [each.hop] : [],
        )
        const more = vm.addresses.map((address) => ({
          prefix: hostPrefix(address),
          nextHops: hop ? [hop] : [],
        }))
        return [id, [...world.routes(id), ...more]]
      }),
    ),
  })

  it('is found by itself, though every site has it and every filter stops what would take it', () => {
    const verdicts = prove(network, policy, { memory, world: spoilt })
    const broken = verdicts.filter(({ holds }) => !holds)
    expect(broken.map(({ invariant }) => invariant.id)).toEqual(['edge-routes'])
    expect(broken[0]?.remarks).toHaveLength(routers.length)
    expect(broken[0]?.remarks[0]).toContain(`site1/ar1 leads ${formatIp(vm.addresses[0] as Ip)} to site1/lb1`)
  }, 60_000)

  it('is shown with a packet that takes it where filters are open too', () => {
    const open: Policy = {
      points: policy.points.filter(({ kind }) => kind !== 'access-router' && kind !== 'balancer'),
    }
    const given = { ...spoilt, policy: open }
    const [verdict] = prove(network, open, { memory, world: given, only: ['dip-unreachable'] })
    expect(verdict?.counterexamples.length).toBeGreaterThan(0)
    for (const example of verdict?.counterexamples ?? [])
      expect(happens(given, example), example.at).toBe(true)
  }, 60_000)
})
