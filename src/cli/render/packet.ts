/** Packets as text and as JSON. */
import { formatIp, formatProtocol, hasPorts, type Ip } from '../../net/index.ts'
import { type IpHeaders, isIcmpError } from '../../wire/index.ts'

/** `tcp 192.0.2.1:40000 → 198.51.100.2:443`; `icmp 192.0.2.1 → 10.0.0.1 echo request`. */
export function packetText(packet: IpHeaders): string {
  const { protocol, source, destination, sourcePort, destinationPort } = packet
  const ported = hasPorts(protocol)
  const end = (address: Ip, port: number) =>
    !ported
      ? formatIp(address)
      : address.family === 6
        ? `[${formatIp(address)}]:${port}`
        : `${formatIp(address)}:${port}`
  const message = icmpText(packet)
  return `${formatProtocol(protocol)} ${end(source, sourcePort)} → ${end(destination, destinationPort)}${message && ` ${message}`}`
}

function icmpText(packet: IpHeaders): string {
  const { family, protocol, icmpType, icmpCode, tcpFlags } = packet
  if (protocol === 6) return (tcpFlags & 0x04) !== 0 ? 'reset' : ''
  if (protocol !== 1 && protocol !== 58) return ''
  if (icmpType === (family === 4 ? 8 : 128)) return 'echo request'
  if (icmpType === (family === 4 ? 0 : 129)) return 'echo reply'
  if (isIcmpError(packet) && icmpType === (family === 4 ? 3 : 1)) return 'unreachable'
  return `type ${icmpType} code ${icmpCode}`
}

export const packetJson = (packet: IpHeaders) => ({
  family: packet.family,
  protocol: formatProtocol(packet.protocol),
  source: formatIp(packet.source),
  destination: formatIp(packet.destination),
  sourcePort: packet.sourcePort,
  destinationPort: packet.destinationPort,
  hopLimit: packet.hopLimit,
})
