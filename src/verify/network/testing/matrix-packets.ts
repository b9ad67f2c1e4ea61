/** Packets of every kind of sender to every kind of destination. */
import type { Network } from '../../../model/index.ts'
import { type Ip, Protocol } from '../../../net/index.ts'
import { acceptanceMatrix } from '../../../trace/index.ts'
import type { IpHeaders } from '../../../wire/index.ts'

/** A packet, and the node that sends it. */
export interface Sent {
  readonly from: string
  readonly packet: IpHeaders
}

/** The packets of the acceptance matrix, and of each some that differ in one thing. */
export const matrixPackets = (network: Network): readonly Sent[] =>
  acceptanceMatrix(network).flatMap(({ opening }, index): Sent[] => {
    const { from, source, destination, protocol, sourcePort, destinationPort } = opening
    const family = source.family
    const icmp = protocol === 'icmp'
    const packet: IpHeaders = {
      kind: 'ip',
      family,
      source,
      destination,
      protocol: icmp ? (family === 4 ? Protocol.icmp : Protocol.icmp6) : Protocol[protocol],
      hopLimit: 64,
      sourcePort,
      destinationPort: icmp ? 0 : destinationPort,
      tcpFlags: protocol === 'tcp' ? 0x02 : 0,
      icmpType: icmp ? (family === 4 ? 8 : 128) : 0,
      icmpCode: 0,
    }
    const others = network.nodes.flatMap(({ addresses }) =>
      addresses.filter((each) => each.family === family),
    )
    const other = others[index % others.length] as Ip
    return [
      { from, packet },
      ...(protocol === 'tcp' ? [{ from, packet: { ...packet, tcpFlags: 0x10 } }] : []),
      ...(index % 3 === 0 ? [{ from, packet: { ...packet, source: other } }] : []),
      ...(index % 3 === 1 ? [{ from, packet: { ...packet, destination: other } }] : []),
      ...(index % 3 === 2 && !icmp
        ? [{ from, packet: { ...packet, destinationPort: (index * 37) & 0xffff } }]
        : []),
    ]
  })
