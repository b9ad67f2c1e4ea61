/**
 * From a frame to what a filter sees of it. This is the reference: the data plane's parser is compiled to give the
 * same answer on every byte string. The first of these checks that holds decides; lengths in bytes.
 *
 * Ethernet
 *  1. frame < 14: `malformed`
 *  2. ethertype 0x0806: `arp` if frame ≥ 14 + 28, else `malformed`. The ARP payload is not looked at.
 *  3. ethertype neither 0x0800 nor 0x86dd: `not-ip`
 *
 * IPv4, in what follows the first 14 bytes
 *  4. fewer than 20: `malformed`
 *  5. version ≠ 4 or IHL < 5: `malformed`
 *  6. total length < IHL × 4 or > what is there: `malformed`
 *  7. IHL > 5: `ip-options`
 *  8. more-fragments, or fragment offset ≠ 0: `fragment`. The reserved bit and don't-fragment are ignored.
 *  9. protocol 58: `malformed` (ICMPv6 has no meaning over IPv4)
 *
 * IPv6, in what follows the first 14 bytes
 * 10. fewer than 40: `malformed`
 * 11. version ≠ 6: `malformed`
 * 12. payload length > what is there after the 40: `malformed`. Length 0 is 0: a jumbogram (RFC 2675) has a hop-by-hop
 *     header, so it ends at 14.
 * 13. next header 44: `fragment`
 * 14. next header in `extensionHeaders`: `extension-header`
 * 15. next header 1: `malformed` (ICMP has no meaning over IPv6)
 *
 * Transport, in the *segment*: what IP's length field declares after the IP header. Bytes of the frame beyond it are
 * padding and are ignored.
 * 16. TCP (6): segment < 20, or data offset × 4 < 20 or > segment: `malformed`
 * 17. UDP (17): segment < 8, or UDP length < 8 or > segment: `malformed`
 * 18. ICMP (1), ICMPv6 (58): segment < 8: `malformed`
 * 19. ICMPv6 of type 133–137, code 0, hop limit 255, to a destination that no router forwards (fe80::/10, ff02::/16):
 *     `neighbour-discovery`. Else they are ordinary ICMPv6, and rules judge them: what could leave the link is no talk on it.
 * 20. otherwise: `ip`
 *
 * No checksum is verified: the machine that takes the packet in does that.
 *
 * The quoted packet of an ICMP error (a type of `icmpErrors`, any code) begins 8 bytes into the segment. `quoted` is
 * present if the segment holds its IP header (20 or 40) and 8 bytes more; its version is that of the outer header; IPv4:
 * its IHL is 5 and its fragment offset 0 (more-fragments may be set: the first fragment has the ports); IPv6: its next
 * header is neither 44 nor in `extensionHeaders`; and it is not the ICMP of the other family. Its length fields are
 * ignored, since what is quoted is cut. Ports are there for TCP and UDP; the identifier of a quoted echo request is
 * its `sourcePort`, of an echo reply its `destinationPort` (by type alone, as in the outer header); else 0.
 */
import { type Family, type Ip, icmpOf, Protocol } from '../net/index.ts'
import { field as arp } from './arp.ts'
import { ipAt, u8, u16 } from './bytes.ts'
import * as ethernet from './ethernet.ts'
import {
  extensionHeaders,
  fragmentHeader,
  type Headers,
  type IpHeaders,
  icmpErrors,
  neighbourDiscovery,
  type OddFrame,
  type OddReason,
  type QuotedFlow,
} from './headers.ts'
import * as icmp from './icmp.ts'
import * as icmp6 from './icmp6.ts'
import * as ipv4 from './ipv4.ts'
import * as ipv6 from './ipv6.ts'
import * as tcp from './tcp.ts'
import * as udp from './udp.ts'

const odd = (reason: OddReason): OddFrame => Object.freeze({ kind: 'odd', reason })
const malformed = odd('malformed')

/** Never throws, whatever the bytes. `frame` starts at the Ethernet header and has no frame check sequence. */
export function readHeaders(frame: Uint8Array): Headers {
  const link = ethernet.check(frame)
  if (!link) return malformed
  switch (link.etherType) {
    case ethernet.EtherType.arp:
      return link.payload.length < arp.end ? malformed : odd('arp')
    case ethernet.EtherType.ipv4:
      return readIpv4(link.payload)
    case ethernet.EtherType.ipv6:
      return readIpv6(link.payload)
    default:
      return odd('not-ip')
  }
}

function readIpv4(packet: Uint8Array): Headers {
  const view = ipv4.check(packet)
  if (!view) return malformed
  if (view.headerLength > ipv4.field.options) return odd('ip-options')
  if (view.moreFragments || view.fragmentOffset !== 0) return odd('fragment')
  if (view.protocol === Protocol.icmp6) return malformed
  return readTransport(withoutPorts(4, view, view.protocol), view.payload)
}

function readIpv6(packet: Uint8Array): Headers {
  const view = ipv6.check(packet)
  if (!view) return malformed
  if (view.nextHeader === fragmentHeader) return odd('fragment')
  if (extensionHeaders.includes(view.nextHeader)) return odd('extension-header')
  if (view.nextHeader === Protocol.icmp) return malformed
  return readTransport(withoutPorts(6, view, view.nextHeader), view.payload)
}

const withoutPorts = (family: Family, view: ipv4.View | ipv6.View, protocol: number): IpHeaders => ({
  kind: 'ip',
  family,
  source: view.source,
  destination: view.destination,
  protocol,
  hopLimit: view.hopLimit,
  sourcePort: 0,
  destinationPort: 0,
  tcpFlags: 0,
  icmpType: 0,
  icmpCode: 0,
})

function readTransport(headers: IpHeaders, segment: Uint8Array): Headers {
  switch (headers.protocol) {
    case Protocol.tcp: {
      const view = tcp.check(segment)
      if (!view) return malformed
      const { sourcePort, destinationPort, flags: tcpFlags } = view
      const { sequence: tcpSequence, acknowledgement: tcpAcknowledgement } = view
      const numbers = { tcpSequence, tcpAcknowledgement }
      return Object.freeze({ ...headers, sourcePort, destinationPort, tcpFlags, ...numbers })
    }
    case Protocol.udp: {
      const view = udp.check(segment)
      if (!view) return malformed
      const { sourcePort, destinationPort } = view
      return Object.freeze({ ...headers, sourcePort, destinationPort })
    }
    case Protocol.icmp:
    case Protocol.icmp6:
      return readIcmp(headers, segment)
    default:
      return Object.freeze(headers)
  }
}

function readIcmp(headers: IpHeaders, segment: Uint8Array): Headers {
  const view = icmp.check(segment)
  if (!view) return malformed
  const { type: icmpType, code: icmpCode } = view
  if (isNeighbourDiscovery(headers, icmpType, icmpCode)) return odd('neighbour-discovery')
  const ports = portsOf(headers.family, headers.protocol, segment)
  const quoted = icmpErrors[headers.family].includes(icmpType) && readQuoted(headers.family, view.body)
  return Object.freeze({ ...headers, ...ports, icmpType, icmpCode, ...(quoted && { quoted }) })
}

/** Link-local unicast or multicast (RFC 4291 sections 2.5.6 and 2.7). */
const staysOnLink = ({ value }: Ip): boolean => value >> 118n === 0x3fan || value >> 112n === 0xff02n

const isNeighbourDiscovery = (
  { family, hopLimit, destination }: IpHeaders,
  type: number,
  code: number,
): boolean =>
  family === 6 &&
  neighbourDiscovery.first <= type &&
  type <= neighbourDiscovery.last &&
  code === neighbourDiscovery.code &&
  staysOnLink(destination) &&
  hopLimit === neighbourDiscovery.hopLimit

/** Bytes of transport header that a quoted packet must show (RFC 792). */
const quotedTransport = 8

function readQuoted(family: Family, packet: Uint8Array): QuotedFlow | undefined {
  const field = family === 4 ? ipv4.field : ipv6.field
  const headerLength = family === 4 ? ipv4.field.options : ipv6.field.payload
  if (packet.length < headerLength + quotedTransport) return undefined
  const protocol = u8(packet, family === 4 ? ipv4.field.protocol : ipv6.field.nextHeader)
  const plain = family === 4 ? isPlain4(packet, protocol) : isPlain6(packet, protocol)
  if (!plain) return undefined
  return Object.freeze({
    source: ipAt(packet, field.source, family),
    destination: ipAt(packet, field.destination, family),
    protocol,
    ...portsOf(family, protocol, packet.subarray(headerLength)),
  })
}

const isPlain4 = (packet: Uint8Array, protocol: number): boolean =>
  u8(packet, ipv4.field.versionLength) === 0x45 &&
  (u16(packet, ipv4.field.fragment) & ipv4.Fragment.offset) === 0 &&
  protocol !== Protocol.icmp6

const isPlain6 = (packet: Uint8Array, protocol: number): boolean =>
  u8(packet, ipv6.field.versionClassLabel) >>> 4 === 6 &&
  protocol !== fragmentHeader &&
  !extensionHeaders.includes(protocol) &&
  protocol !== Protocol.icmp

/** Of a segment of at least 8 bytes. */
function portsOf(family: Family, protocol: number, segment: Uint8Array) {
  if (protocol === Protocol.tcp || protocol === Protocol.udp)
    return {
      sourcePort: u16(segment, tcp.field.sourcePort),
      destinationPort: u16(segment, tcp.field.destinationPort),
    }
  const type = u8(segment, icmp.field.type)
  const numbers = family === 4 ? icmp.Type : icmp6.Type
  const echo = protocol === icmpOf(family)
  const identifier = u16(segment, icmp.field.identifier)
  return {
    sourcePort: echo && type === numbers.echoRequest ? identifier : 0,
    destinationPort: echo && type === numbers.echoReply ? identifier : 0,
  }
}
