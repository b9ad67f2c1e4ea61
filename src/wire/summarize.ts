/** A frame as one line of text, in the manner of tcpdump. */
import { formatIp, formatProtocol, type Ip, icmpOf, Protocol } from '../net/index.ts'
import * as arp from './arp.ts'
import * as ethernet from './ethernet.ts'
import { extensionHeaders, fragmentHeader } from './headers.ts'
import * as icmp from './icmp.ts'
import type { Message } from './icmp-message.ts'
import * as icmp6 from './icmp6.ts'
import * as ipv4 from './ipv4.ts'
import * as ipv6 from './ipv6.ts'
import * as ndp from './ndp.ts'
import * as tcp from './tcp.ts'
import * as udp from './udp.ts'
import * as vlan from './vlan.ts'

/**
 * For example `IP 192.0.2.1.40000 > 198.51.100.2.443: Flags [S], length 0`. What cannot be read is named as
 * malformed; never throws.
 */
export function summarize(frame: Uint8Array): string {
  const view = ethernet.check(frame)
  return view ? summarizeType(view.etherType, view.payload) : `Ethernet, malformed, length ${frame.length}`
}

function summarizeType(etherType: number, payload: Uint8Array): string {
  switch (etherType) {
    case ethernet.EtherType.arp:
      return summarizeArp(payload)
    case ethernet.EtherType.vlan: {
      const tag = vlan.check(payload)
      return tag ? `vlan ${tag.id}, ${summarizeType(tag.etherType, tag.payload)}` : 'vlan, malformed'
    }
    case ethernet.EtherType.ipv4:
      return summarizeIpv4(payload)
    case ethernet.EtherType.ipv6:
      return summarizeIpv6(payload)
    default:
      return `ethertype 0x${etherType.toString(16).padStart(4, '0')}, length ${payload.length}`
  }
}

function summarizeArp(payload: Uint8Array): string {
  const view = arp.check(payload)
  if (!view) return `ARP, malformed, length ${payload.length}`
  const sender = formatIp(view.senderIp)
  if (view.operation === 1) return `ARP, Request who-has ${formatIp(view.targetIp)} tell ${sender}`
  if (view.operation === 2) return `ARP, Reply ${sender} is-at ${view.senderMac}`
  return `ARP, operation ${view.operation}`
}

function summarizeIpv4(payload: Uint8Array): string {
  const view = ipv4.check(payload)
  if (!view) return `IP, malformed, length ${payload.length}`
  const options = view.options.length > 0 ? ', options' : ''
  if (view.moreFragments || view.fragmentOffset > 0) {
    const more = view.moreFragments ? '+' : ''
    const range = `${view.fragmentOffset}:${view.payload.length}${more}`
    return `IP${between(view)}: ${formatProtocol(view.protocol)} fragment ${range}${options}`
  }
  return `IP${summarizeSegment(view, view.protocol, view.payload)}${options}`
}

function summarizeIpv6(payload: Uint8Array): string {
  const view = ipv6.check(payload)
  if (!view) return `IP6, malformed, length ${payload.length}`
  if (view.nextHeader === fragmentHeader) return `IP6${between(view)}: fragment, length ${view.payloadLength}`
  if (extensionHeaders.includes(view.nextHeader))
    return `IP6${between(view)}: extension header ${view.nextHeader}, length ${view.payloadLength}`
  return `IP6${summarizeSegment(view, view.nextHeader, view.payload)}`
}

interface Ends {
  readonly source: Ip
  readonly destination: Ip
}

function between(
  { source, destination }: Ends,
  ports?: { sourcePort: number; destinationPort: number },
): string {
  const suffix = (port: number | undefined) => (port === undefined ? '' : `.${port}`)
  const from = `${formatIp(source)}${suffix(ports?.sourcePort)}`
  return ` ${from} > ${formatIp(destination)}${suffix(ports?.destinationPort)}`
}

function summarizeSegment(ends: Ends, protocol: number, segment: Uint8Array): string {
  const family = ends.source.family
  if (protocol === Protocol.tcp) {
    const view = tcp.check(segment)
    if (view)
      return `${between(ends, view)}: Flags [${flagLetters(view.flags)}], length ${view.payload.length}`
  } else if (protocol === Protocol.udp) {
    const view = udp.check(segment)
    if (view) return `${between(ends, view)}: UDP, length ${view.payload.length}`
  } else if (protocol === icmpOf(family)) {
    const view = icmp.check(segment)
    if (view) {
      const name = family === 4 ? 'ICMP' : 'ICMP6'
      const neighbour = family === 6 ? ndp.parse(view) : undefined
      const text = neighbour ? summarizeNeighbour(neighbour) : summarizeMessage(family, view)
      return `${between(ends)}: ${name} ${text}, length ${segment.length}`
    }
  } else return `${between(ends)}: protocol ${formatProtocol(protocol)}, length ${segment.length}`
  return `${between(ends)}: ${formatProtocol(protocol)}, malformed, length ${segment.length}`
}

/** tcpdump's letters: `.` is ACK. */
function flagLetters(flags: number): string {
  const letters = ['F', 'S', 'R', 'P', '.', 'U', 'E', 'W']
  return letters.filter((_, bit) => (flags & (1 << bit)) !== 0).join('') || 'none'
}

const summarizeNeighbour = ({ kind, target, mac }: ndp.Neighbour): string =>
  kind === 'neighbour-solicitation'
    ? `neighbour solicitation, who has ${formatIp(target)}`
    : `neighbour advertisement, ${formatIp(target)} is at ${mac ?? 'the sender'}`

function summarizeMessage(family: 4 | 6, view: icmp.View): string {
  const message: Message = family === 4 ? icmp.parse(view) : icmp6.parse(view)
  switch (message.kind) {
    case 'echo-request':
    case 'echo-reply':
      return `${message.kind.replace('-', ' ')}, id ${message.identifier}, seq ${message.sequence}`
    case 'unreachable':
      return `unreachable, code ${message.code} (${summarizeQuoted(family, message.quoted)})`
    case 'packet-too-big':
      return `packet too big, mtu ${message.mtu} (${summarizeQuoted(family, message.quoted)})`
    case 'time-exceeded':
      return `time exceeded, code ${message.code} (${summarizeQuoted(family, message.quoted)})`
    case 'parameter-problem':
      return `parameter problem, code ${message.code} (${summarizeQuoted(family, message.quoted)})`
    case 'other':
      return `type ${message.type}, code ${message.code}`
  }
}

/** Addresses and, where it has ports, ports: the quoted packet is cut, so its lengths do not hold. */
function summarizeQuoted(family: 4 | 6, packet: Uint8Array): string {
  const headerLength = family === 4 ? ipv4.field.options : ipv6.field.payload
  if (packet.length < headerLength) return 'quotes too little'
  const view = family === 4 ? new ipv4.View(packet) : new ipv6.View(packet)
  const protocol = 'protocol' in view ? view.protocol : view.nextHeader
  const transport = packet.subarray('protocol' in view ? view.headerLength : headerLength)
  const name = formatProtocol(protocol)
  const hasPorts = (protocol === Protocol.tcp || protocol === Protocol.udp) && transport.length >= 4
  return `quotes ${name}${between(view, hasPorts ? new udp.View(transport) : undefined)}`
}
