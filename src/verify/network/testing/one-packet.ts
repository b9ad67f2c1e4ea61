/** The set of one packet, and of several. */
import type { IpHeaders } from '../../../wire/index.ts'
import { type DiagramSet, everything } from '../../diagram/index.ts'
import { level, type PacketSets, tupleOf } from '../../packets/index.ts'

export function onePacket(sets: PacketSets, packet: IpHeaders): DiagramSet {
  const tuple = tupleOf(packet)
  let set = everything
  for (let at = level.sourcePort; at >= 0; at--) {
    const number = tuple[at] as number
    set = sets.cut(at, [[number, number]], set) as DiagramSet
  }
  return set
}

export const setOf = (sets: PacketSets, packets: readonly IpHeaders[]): DiagramSet =>
  sets.union(packets.map((packet) => onePacket(sets, packet)))
