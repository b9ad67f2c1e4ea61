/** What balancers lend to connections that VMs open. */
import { type Network, nodesOfKind } from '../../model/index.ts'
import { hostPrefix } from '../../net/index.ts'
import { type Lending, lendingOf, type Point, type Policy, pointsOfNode } from '../../policy/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { PacketSets } from '../packets/index.ts'

/** Addresses and ports that balancers lend. */
export function lentSources(sets: PacketSets, network: Network, policy: Policy): DiagramSet {
  const lendings = new Set<Lending>()
  for (const { name } of network.sites)
    for (const { id } of nodesOfKind(network, name, 'balancer'))
      for (const point of pointsOfNode(policy, id)) for (const lending of lentAt(point)) lendings.add(lending)
  return sets.union(
    Array.from(lendings, ({ address, ports }) =>
      sets.mask(
        sets.addresses('source', [hostPrefix(address)]),
        sets.field('sourcePort', [[ports.first, ports.last]]),
      ),
    ),
  )
}

/** All endpoints of a balancer lend the same: there are a few lendings for very many endpoints. */
function lentAt(point: Point): ReadonlySet<Lending> {
  const known = lent.get(point)
  if (known) return known
  const lendings = new Set<Lending>()
  for (const tier of point.tiers)
    if (tier.kind === 'translation')
      for (const translation of tier.translations) {
        const lending = lendingOf(translation)
        if (lending) lendings.add(lending)
      }
  lent.set(point, lendings)
  return lendings
}

const lent = new WeakMap<Point, ReadonlySet<Lending>>()
