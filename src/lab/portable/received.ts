/** A packet that a host takes in: what it means, after its checksums were verified. */
import { Protocol } from '../../net/index.ts'
import { ethernet, type IpHeaders, icmp, icmp6, readHeaders, tcp, udp } from '../../wire/index.ts'
import type { Datagram } from './datagram.ts'

export interface Received {
  readonly datagram: Datagram
  readonly headers: IpHeaders
}

/** Why a host takes a packet for noise. */
export type Noise = 'not understood' | 'wrong checksum'

/**
 * Reads a packet whose IPv4 header checksum holds. What `readHeaders` calls odd is not understood: fragments are not put
 * together, and neighbours are not discovered.
 */
export function readReceived(datagram: Datagram): Received | Noise {
  const { family, bytes } = datagram
  const headers = readHeaders(ethernet.emit({ ...anyHeader, etherType: etherTypes[family] }, bytes))
  if (headers.kind === 'odd') return 'not understood'
  return checksumHolds(datagram) ? { datagram, headers } : 'wrong checksum'
}

const anyHeader = { source: '02:00:00:00:00:00', destination: '02:00:00:00:00:00' }
const etherTypes = { 4: ethernet.EtherType.ipv4, 6: ethernet.EtherType.ipv6 }

/** Of a transport that Glacis names; others have none that a host could verify. */
function checksumHolds(datagram: Datagram): boolean {
  const { payload, protocol } = datagram
  switch (protocol) {
    case Protocol.tcp:
      return tcp.check(payload)?.checksumHolds(datagram) ?? false
    case Protocol.udp:
      return udp.check(payload)?.checksumHolds(datagram) ?? false
    case Protocol.icmp: {
      const view = icmp.check(payload)
      return view !== undefined && icmp.checksumHolds(view)
    }
    case Protocol.icmp6: {
      const view = icmp6.check(payload)
      return view !== undefined && icmp6.checksumHolds(view, datagram)
    }
    default:
      return true
  }
}
