/** An IP packet as routers and hosts look at it, whatever its transport; and the one change that forwarding makes to it. */
import type { Family, Ip } from '../../net/index.ts'
import { ethernet, ipv4, ipv6, updateChecksum } from '../../wire/index.ts'

export interface Datagram {
  readonly family: Family
  readonly source: Ip
  readonly destination: Ip
  readonly protocol: number
  readonly hopLimit: number
  /** A piece of a packet other than the first: it has no ports. */
  readonly laterFragment: boolean
  /** From the IP header to where its length field ends, without Ethernet padding. */
  readonly bytes: Uint8Array
  /** What follows the fixed IPv4 header and its options, or the fixed IPv6 header. */
  readonly payload: Uint8Array
}

/** `undefined` if the bytes are no IP packet, or an IPv4 header with a wrong checksum: a machine ignores those. */
export function readDatagram(bytes: Uint8Array): Datagram | undefined {
  return (bytes[0] ?? 0) >>> 4 === 4 ? read4(bytes) : read6(bytes)
}

function read4(bytes: Uint8Array): Datagram | undefined {
  const view = ipv4.check(bytes)
  if (!view?.checksumHolds) return undefined
  return {
    family: 4,
    source: view.source,
    destination: view.destination,
    protocol: view.protocol,
    hopLimit: view.hopLimit,
    laterFragment: view.fragmentOffset > 0,
    bytes: bytes.subarray(0, view.totalLength),
    payload: view.payload,
  }
}

function read6(bytes: Uint8Array): Datagram | undefined {
  const view = ipv6.check(bytes)
  if (!view) return undefined
  return {
    family: 6,
    source: view.source,
    destination: view.destination,
    protocol: view.nextHeader,
    hopLimit: view.hopLimit,
    laterFragment: false,
    bytes: bytes.subarray(0, ipv6.field.payload + view.payloadLength),
    payload: view.payload,
  }
}

/** The IP packet in a frame: what its ethertype says it is, or `undefined`. */
export function datagramOf(frame: Uint8Array): Datagram | undefined {
  const link = ethernet.check(frame)
  const family = link?.etherType === ethernet.EtherType.ipv4 ? 4 : 6
  if (!link || (family === 6 && link.etherType !== ethernet.EtherType.ipv6)) return undefined
  const datagram = readDatagram(link.payload)
  return datagram?.family === family ? datagram : undefined
}

/** A copy with a hop limit less by one; the IPv4 header checksum follows (RFC 1624). */
export function forwarded({ family, bytes }: Datagram): Uint8Array {
  const copy = bytes.slice()
  const at = family === 4 ? ipv4.field.hopLimit : ipv6.field.hopLimit
  copy[at] = copy[at]! - 1
  if (family === 6) return copy
  const { checksum } = ipv4.field
  const old = (copy[checksum]! << 8) | copy[checksum + 1]!
  const sum = updateChecksum(old, bytes.subarray(at, at + 2), copy.subarray(at, at + 2))
  copy[checksum] = sum >>> 8
  copy[checksum + 1] = sum & 0xff
  return copy
}
