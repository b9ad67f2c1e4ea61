/**
 * Whether filters at the rim vouch for senders: of all addresses of the rim, a VM speaks with its own alone, and by a host come its own and those
 * of its VMs alone. Then a packet is about two machines of the rim at most, as {@link sampleOf} takes for granted.
 */
import { type Node, neighboursOf, vmsOfHost } from '../../model/index.ts'
import { hostPrefix, type Prefix } from '../../net/index.ts'
import { type Point, pointsAt } from '../../policy/index.ts'
import type { World } from '../../trace/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { PacketSets } from '../packets/index.ts'
import type { PointDecisions } from '../points/index.ts'

/** @param anybody packets by any of the rim @param machines of it, that are looked at */
export function areVouchedFor(
  world: World,
  sets: PacketSets,
  decisions: PointDecisions,
  anybody: DiagramSet,
  machines: readonly Node[],
): boolean {
  const { network, policy } = world
  const comesIn = (node: string, iface: string, own: readonly Node[]): boolean => {
    const passed = passedBy(sets, decisions, pointsAt(policy, node, iface, 'in'))
    const others = sets.without(anybody, sets.addresses('source', own.flatMap(addressesOf)))
    return sets.mask(others, passed) === sets.none
  }
  return machines.every((node) =>
    neighboursOf(network, node.id).every(
      ({ node: above, far }) =>
        above.kind === 'vm' || comesIn(above.id, far.interface, [node, ...vmsOfHost(network, node.id)]),
    ),
  )
}

export const addressesOf = ({ addresses }: Node): readonly Prefix[] => addresses.map(hostPrefix)

const passedBy = (sets: PacketSets, decisions: PointDecisions, points: readonly Point[]): DiagramSet =>
  sets.allOf([sets.all, ...points.map((point) => decisions.allowed(point))])
