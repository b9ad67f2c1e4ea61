/**
 * Frames that mean given headers, varied in all that headers do not say: payload, padding, checksums that are absent or
 * wrong, and how much an ICMP error quotes.
 */
import { Protocol } from '../../net/index.ts'
import {
  buildFrame,
  buildPacket,
  type FrameSpec,
  type IcmpMessage,
  type IpHeaders,
  isIcmpError,
  type QuotedFlow,
} from '../../wire/index.ts'
import type { Draw } from './draw.ts'

/** Least length of a frame that can be run: an Ethernet header. */
export const ethernetHeader = 14

export function drawFrame(d: Draw, headers: IpHeaders): Uint8Array {
  const { source, destination, hopLimit } = headers
  const payload = d.bytes(d.pick([0, 0, 1, 2, 7, 24]))
  const ip = { source, destination, hopLimit, dontFragment: d.chance(50) }
  const frame = buildFrame({ ...transport(d, headers, ip, payload) })
  const start = headers.family === 4 ? 34 : 54
  const checksum =
    headers.protocol === Protocol.tcp ? 16 : headers.protocol === Protocol.udp ? 6 : isIcmp(headers) ? 2 : -1
  if (checksum > 0 && d.chance(10)) frame[start + checksum + d.below(2)]! ^= 1 << d.below(8)
  if (headers.protocol === Protocol.udp && d.chance(25)) frame.fill(0, start + 6, start + 8)
  if (headers.family === 4 && d.chance(5)) frame[24 + d.below(2)]! ^= 1 << d.below(8)
  return d.chance(15) ? join(frame, d.bytes(d.between(1, 9))) : frame
}

function transport(d: Draw, headers: IpHeaders, ip: FrameSpec['ip'], payload: Uint8Array): FrameSpec {
  const { protocol, tcpFlags: flags, sourcePort, destinationPort } = headers
  if (protocol === Protocol.tcp) {
    const options = d.bytes(d.pick([0, 0, 4, 20]))
    const { tcpSequence: sequence = 0, tcpAcknowledgement: acknowledgement = 0 } = headers
    return { ip, tcp: { sourcePort, destinationPort, flags, sequence, acknowledgement, options }, payload }
  }
  if (protocol === Protocol.udp) return { ip, udp: { sourcePort, destinationPort }, payload }
  if (isIcmp(headers)) return { ip, icmp: message(d, headers, payload) }
  return { ip: { ...ip, protocol }, payload }
}

function message(d: Draw, headers: IpHeaders, payload: Uint8Array): IcmpMessage {
  const { icmpType: type, icmpCode: code, quoted } = headers
  if (isIcmpError(headers))
    return { kind: 'other', type, code, body: join(d.bytes(4), quoted ? quote(d, quoted) : payload) }
  return { kind: 'other', type, code, body: join(identifierOf(headers), d.bytes(2), payload) }
}

/** A packet of the flow, at least as much of it as must be quoted. */
function quote(d: Draw, flow: QuotedFlow): Uint8Array {
  const { source, destination, protocol, sourcePort, destinationPort } = flow
  const ip = { source, destination, hopLimit: d.between(0, 255) }
  const ports = { sourcePort, destinationPort }
  const payload = d.bytes(d.pick([8, 9, 30]))
  const icmp = protocol === (source.family === 4 ? Protocol.icmp : Protocol.icmp6)
  const packet = buildPacket(
    protocol === Protocol.tcp
      ? { ip, tcp: { ...ports, flags: d.below(256) }, payload }
      : protocol === Protocol.udp
        ? { ip, udp: ports, payload }
        : icmp
          ? { ip, icmp: quotedEcho(d, flow, payload) }
          : { ip: { ...ip, protocol }, payload },
  )
  if (source.family === 4 && d.chance(15)) packet[6] = d.pick([0x20, 0x20, 0x40, 0x80, 0x01, 0x10])
  if (d.chance(4)) packet[0] = d.pick([0x45, 0x46, 0x55, 0x60, 0x65])
  const least = (source.family === 4 ? 20 : 40) + 8
  return packet.subarray(0, d.pick([least, least, d.between(least, packet.length), packet.length]))
}

function quotedEcho(d: Draw, flow: QuotedFlow, payload: Uint8Array): IcmpMessage {
  const [request, reply, other] = flow.source.family === 4 ? [8, 0, 13] : [128, 129, 127]
  const type =
    flow.sourcePort > 0 ? request : flow.destinationPort > 0 ? reply : d.pick([request, reply, other])
  return { kind: 'other', type, code: 0, body: join(identifierOf(flow), d.bytes(2), payload) }
}

function identifierOf({ sourcePort, destinationPort }: QuotedFlow): Uint8Array {
  const identifier = sourcePort || destinationPort
  return Uint8Array.of(identifier >>> 8, identifier & 255)
}

const isIcmp = ({ family, protocol }: IpHeaders): boolean =>
  protocol === (family === 4 ? Protocol.icmp : Protocol.icmp6)

/** Offsets of bytes that decide: ethertype, versions, lengths, fragments, protocols, data offset, hop limit, quoted ones; hardware addresses, ARP's fields, options of discovery. */
const decisive = [
  6, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 28, 34, 38, 39, 42, 46, 48, 51, 54, 55, 58, 59, 62, 66,
  68, 71, 77, 78, 79, 80, 86, 87, 88, 102,
]

/** Makes a frame odd, or nearly: one decisive byte or length changed, cut, or another ethertype. */
export function spoil(d: Draw, frame: Uint8Array): Uint8Array {
  const copy = frame.slice()
  switch (d.below(7)) {
    case 0:
      return copy.subarray(0, d.between(ethernetHeader, Math.max(ethernetHeader, copy.length)))
    case 1:
      copy.set(
        d.pick([
          [8, 0],
          [8, 6],
          [0x81, 0],
          [0x86, 0xdd],
          [0, 46],
        ]),
        12,
      )
      return copy
    case 2:
      return with16(copy, d.pick([16, 18, 38, 58]), d.between(-24, 24))
    case 3:
      if (copy.length > 20) copy[20] = d.pick([0, 1, 6, 17, 43, 44, 51, 58, 0x20, 0x3f, 0x40, 0x80])
      return copy
    case 4:
      copy[14] = d.pick([0x45, 0x46, 0x4f, 0x44, 0x55, 0x60, 0x65])
      return copy
    default: {
      const at = d.chance(80) ? d.pick(decisive) : d.below(copy.length)
      if (at < copy.length) copy[at] = d.chance(50) ? d.below(256) : copy[at]! ^ (1 << d.below(8))
      return copy
    }
  }
}

function with16(bytes: Uint8Array, at: number, step: number): Uint8Array {
  if (at + 1 >= bytes.length) return bytes
  const value = ((bytes[at]! << 8) | bytes[at + 1]!) + step
  bytes[at] = value >>> 8
  bytes[at + 1] = value
  return bytes
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
