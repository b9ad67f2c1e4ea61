/** The set of one packet, of several, and of one ICMP error with what it quotes. */
import { hostPrefix } from '../../net/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import { type DiagramSet, everything } from '../diagram/index.ts'
import { level, tupleOf } from './levels.ts'
import type { PacketSets } from './packet-sets.ts'
import { errorsAbout } from './quotes.ts'

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

/** @param error quotes a packet of its destination's */
export function oneError(sets: PacketSets, error: IpHeaders): DiagramSet {
  const { family, source, icmpType, icmpCode, protocol, quoted } = error
  if (!quoted) throw new TypeError('make a set of an error: it quotes nothing')
  const about = sets.match({
    family,
    source: [hostPrefix(quoted.source)],
    destination: [hostPrefix(quoted.destination)],
    protocol: quoted.protocol,
    sourcePorts: [{ first: quoted.sourcePort, last: quoted.sourcePort }],
    destinationPorts: [{ first: quoted.destinationPort, last: quoted.destinationPort }],
  })
  const outer = sets.match({ family, protocol, icmpType, icmpCode, source: [hostPrefix(source)] })
  return sets.mask(outer, errorsAbout(sets, about))
}
