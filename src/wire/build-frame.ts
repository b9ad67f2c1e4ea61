/** Whole frames from a few words: what tests and probes send. Lengths and checksums are right. */
import { icmpOf, type Mac, Protocol } from '../net/index.ts'
import type { Addresses } from './checksum.ts'
import * as ethernet from './ethernet.ts'
import * as icmp from './icmp.ts'
import type { Message } from './icmp-message.ts'
import * as icmp6 from './icmp6.ts'
import * as ipv4 from './ipv4.ts'
import * as ipv6 from './ipv6.ts'
import * as tcp from './tcp.ts'
import * as udp from './udp.ts'

/** Give exactly one of `tcp`, `udp`, `icmp`, or else `ip.protocol`. */
export interface FrameSpec {
  /** Default: from 02:00:00:00:00:01 to 02:00:00:00:00:02. */
  readonly ethernet?: { readonly source?: Mac; readonly destination?: Mac }
  /** Both addresses of one family, which chooses the IP version. */
  readonly ip: Addresses & {
    /** Default 64. */
    readonly hopLimit?: number
    /** What the payload is, if no transport is given. */
    readonly protocol?: number
    readonly trafficClass?: number
    /** IPv4 only. Default: set, as Linux does for TCP. */
    readonly dontFragment?: boolean
    /** IPv4 only. Default 0. */
    readonly identification?: number
  }
  /** Defaults: flags SYN, window 65535, everything else 0 and no options. */
  readonly tcp?: Ports & Partial<Omit<tcp.Header, keyof Ports>>
  readonly udp?: Ports
  /** ICMP or ICMPv6, by the family of the addresses. */
  readonly icmp?: Message
  /** What the transport carries; not with `icmp`, whose message has it. */
  readonly payload?: Uint8Array
}

interface Ports {
  readonly sourcePort: number
  readonly destinationPort: number
}

/** An Ethernet frame, not padded. Throws `TypeError` on a contradictory spec, `RangeError` on what is too long. */
export function buildFrame(spec: FrameSpec): Uint8Array {
  const { source = '02:00:00:00:00:01', destination = '02:00:00:00:00:02' } = spec.ethernet ?? {}
  const etherType = spec.ip.source.family === 4 ? ethernet.EtherType.ipv4 : ethernet.EtherType.ipv6
  return ethernet.emit({ source, destination, etherType }, buildPacket(spec))
}

/** As {@link buildFrame}, from the IP header on: what an ICMP error quotes. */
export function buildPacket({ ip, tcp, udp, icmp, payload }: FrameSpec): Uint8Array {
  if (ip.source.family !== ip.destination.family)
    throw new TypeError('build packet: source and destination differ in family; give two of one family')
  const given = [tcp, udp, icmp, ip.protocol].filter((part) => part !== undefined)
  if (given.length !== 1)
    throw new TypeError(`build packet: ${given.length} transports; give one of tcp, udp, icmp, ip.protocol`)
  if (icmp && payload) throw new TypeError('build packet: payload beside icmp; put it into the message')
  const protocol = ip.protocol ?? protocolOf(ip.source.family, { tcp, udp })
  const segment = buildSegment({ ip, tcp, udp, icmp, payload: payload ?? new Uint8Array(0) })
  const { source, hopLimit = 64, trafficClass = 0, dontFragment = true, identification = 0 } = ip
  const common = { source, destination: ip.destination, hopLimit, trafficClass }
  if (source.family === 6) return ipv6.emit({ ...common, nextHeader: protocol, flowLabel: 0 }, segment)
  const unfragmented = { moreFragments: false, fragmentOffset: 0, options: new Uint8Array(0) }
  return ipv4.emit({ ...common, ...unfragmented, protocol, identification, dontFragment }, segment)
}

const protocolOf = (family: 4 | 6, { tcp, udp }: { tcp: unknown; udp: unknown }): number =>
  tcp ? Protocol.tcp : udp ? Protocol.udp : icmpOf(family)

type SegmentSpec = { [Key in keyof Omit<FrameSpec, 'ethernet'>]-?: FrameSpec[Key] | undefined } & {
  readonly ip: Addresses
  readonly payload: Uint8Array
}

function buildSegment(spec: SegmentSpec): Uint8Array {
  const { ip, payload } = spec
  if (spec.tcp) return tcp.emit({ ...tcpDefaults, ...spec.tcp }, payload, ip)
  if (spec.udp) return udp.emit(spec.udp, payload, ip)
  if (spec.icmp) return ip.source.family === 4 ? icmp.emit(spec.icmp) : icmp6.emit(spec.icmp, ip)
  return payload
}

const tcpDefaults = Object.freeze({
  sequence: 0,
  acknowledgement: 0,
  flags: tcp.Flag.syn,
  window: 65535,
  urgent: 0,
  options: new Uint8Array(0),
})
