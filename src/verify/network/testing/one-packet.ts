/** The set of one packet. */
import { hostPrefix } from '../../../net/index.ts'
import type { IpHeaders } from '../../../wire/index.ts'
import type { DiagramSet } from '../../diagram/index.ts'
import type { PacketSets } from '../../packets/index.ts'

export const onePacket = (sets: PacketSets, packet: IpHeaders): DiagramSet =>
  sets.mask(
    sets.all,
    sets.match({
      family: packet.family,
      source: [hostPrefix(packet.source)],
      destination: [hostPrefix(packet.destination)],
      protocol: packet.protocol,
      sourcePorts: [{ first: packet.sourcePort, last: packet.sourcePort }],
      destinationPorts: [{ first: packet.destinationPort, last: packet.destinationPort }],
      tcpFlags: { mask: 0xff, value: packet.tcpFlags },
      icmpType: packet.icmpType,
      icmpCode: packet.icmpCode,
    }),
  )
