/** Packets for the points of a real network: drawn from what the rules of each point speak of. */
import fc from 'fast-check'
import type { Node } from '../../model/index.ts'
import { type Family, hostPrefix, Ip, PortRange, type Prefix, prefixFirst } from '../../net/index.ts'
import { type EndpointOut, lendingOf, type Point, type Translation } from '../../policy/index.ts'
import { type BalancerWorld, drawConnection, type End } from './arbitrary-balancer.ts'
import type { CaseOptions } from './arbitrary-point.ts'
import { drawBalancerStep } from './balancer-steps.ts'
import { Draw } from './draw.ts'
import { drawFilterStep } from './filter-steps.ts'
import { fullArray } from './full-array.ts'
import { notRunnable, type PointCase, type Step } from './point-runner.ts'
import { type Pool, withFlows } from './pool.ts'

/** @param points all points of the node */
export function arbitraryDerivedCase(
  node: Node,
  points: readonly Point[],
  { steps }: CaseOptions,
): fc.Arbitrary<PointCase> {
  const draw = node.kind === 'balancer' ? balancerSteps(node, points) : filterSteps(points)
  return fullArray(fc.nat(0x7fff_ffff), steps).map((seeds) => ({
    points,
    egress: node.publicAddresses,
    steps: seeds.map(draw).filter(({ point, frame }) => !notRunnable(points[point] as Point, frame)),
  }))
}

/** Filters that share a flow table are visited together. */
function filterSteps(points: readonly Point[]): (seed: number) => Step {
  const groups = new Map<string, number[]>()
  for (const [index, { id, flow }] of points.entries()) {
    const key = flow?.table ?? id
    groups.set(key, [...(groups.get(key) ?? []), index])
  }
  const filters = [...groups.values()].map((indices) => {
    const some = indices.map((index) => points[index] as Point)
    return { indices, some, pool: poolOf(some) }
  })
  return (seed) => {
    const d = new Draw(seed)
    const { indices, some, pool } = d.pick(filters)
    const step = drawFilterStep(d, pool, some, false)
    return { ...step, point: indices[step.point] as number }
  }
}

function poolOf(points: readonly Point[]): Pool {
  const d = new Draw(points.length)
  const matches = points.flatMap(({ tiers, scope }) => [
    ...(scope ? [scope] : []),
    ...tiers.flatMap((tier) => (tier.kind === 'rules' ? tier.rules.map(({ match }) => match) : [])),
  ])
  const behind = points.flatMap(({ behind = [] }) => behind)
  const listed = matches.flatMap(({ source = [], destination = [] }) => [...source, ...destination])
  const of = (family: Family): Prefix[] => [
    ...behind.filter((address) => address.family === family).map(hostPrefix),
    ...listed.filter((p) => p.family === family),
  ]
  const prefixes = { 4: of(4), 6: of(6) }
  const ranges = points.flatMap(({ tiers }) =>
    tiers.flatMap((tier) =>
      tier.kind === 'rules'
        ? tier.rules.flatMap(({ match }) => [...(match.sourcePorts ?? []), ...(match.destinationPorts ?? [])])
        : [],
    ),
  )
  const ports = [40000, ...ranges.flatMap(({ first, last }) => [first, last])]
  const own = (family: Family): Ip =>
    behind.find((address) => address.family === family) ??
    prefixFirst(prefixes[family][0] ?? anywhere[family])
  return withFlows(d, { prefixes, ports, own: { 4: own(4), 6: own(6) } })
}

const anywhere = { 4: hostPrefix(Ip(4, 1n)), 6: hostPrefix(Ip(6, 1n)) }

function balancerSteps(node: Node, points: readonly Point[]): (seed: number) => Step {
  const d = new Draw(1)
  const translations = points.flatMap(({ tiers }) =>
    tiers.flatMap((tier): readonly Translation[] => (tier.kind === 'translation' ? tier.translations : [])),
  )
  const outs = translations.filter((t): t is EndpointOut => t.kind === 'endpoint-out')
  const endpoints = outs.map(({ kind: _, rule: __, ...endpoint }) => endpoint)
  const lent = translations.find((t) => t.kind === 'egress-out')?.ports ?? PortRange(1024, 65535)
  const each = <T>(make: (family: Family) => T) => ({ 4: make(4), 6: make(6) })
  const end = (address: Ip): End => ({ address, port: d.pick([40000, 1024, 65535]) })
  const machines = each((family) =>
    outs.flatMap(({ backends }) => backends.map(({ address }) => address)).filter((a) => a.family === family),
  )
  const users = each((family) => d.several(3, () => end(d.pick(machines[family]))))
  const clients = each((family) => d.several(4, () => end(Ip(family, d.bits(family === 4 ? 32 : 128)))))
  const world: BalancerWorld = {
    endpoints,
    vips: each((family) => outs.map(({ vip }) => vip).filter((vip) => vip.family === family)),
    machines,
    clients,
    users,
    connections: d.several(12, () => drawConnection(d, users, clients)),
    egress: Object.fromEntries(node.publicAddresses.map((address) => [address.family, address])),
    lent,
    borrowers: each((family) => {
      const lendings = translations.flatMap((t) => lendingOf(t) ?? [])
      return lendings.find(({ address }) => address.family === family)?.borrowers ?? []
    }),
  }
  return (seed) => drawBalancerStep(new Draw(seed), world)
}
