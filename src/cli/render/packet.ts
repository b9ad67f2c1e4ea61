/** Packets as text and as JSON. */
import { formatEnd, formatIp, formatProtocol, hasPorts, type Ip, icmpOf } from '../../net/index.ts'
import { type IpHeaders, isIcmpError, type QuotedFlow } from '../../wire/index.ts'

/**
 * `tcp 192.0.2.1:40000 → 198.51.100.2:443`; `icmp 192.0.2.1 → 10.0.0.1 echo request`; of an ICMP error with what it quotes:
 * `icmp 192.0.2.1 → 10.0.0.1 unreachable about tcp 10.0.0.1:40000 → 198.51.100.2:443`.
 */
export function packetText(packet: IpHeaders): string {
  const { quoted } = packet
  const message = [icmpText(packet), quoted && `about ${endsText(quoted)}`].filter(Boolean).join(' ')
  return `${endsText(packet)}${message && ` ${message}`}`
}

/** Protocol and ends. */
export function endsText({ protocol, source, destination, sourcePort, destinationPort }: QuotedFlow): string {
  const ported = hasPorts(protocol)
  const end = (address: Ip, port: number) => (ported ? formatEnd(address, port) : formatIp(address))
  return `${formatProtocol(protocol)} ${end(source, sourcePort)} → ${end(destination, destinationPort)}`
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
  ...endsJson(packet),
  hopLimit: packet.hopLimit,
  ...(isIcmp(packet) && { icmpType: packet.icmpType, icmpCode: packet.icmpCode }),
  ...(packet.quoted && { quoted: endsJson(packet.quoted) }),
})

const isIcmp = ({ family, protocol }: IpHeaders): boolean => protocol === icmpOf(family)

const endsJson = ({ protocol, source, destination, sourcePort, destinationPort }: QuotedFlow) => ({
  protocol: formatProtocol(protocol),
  source: formatIp(source),
  destination: formatIp(destination),
  sourcePort,
  destinationPort,
})
