/** The inverse of `readHeaders`: a frame that means given headers. */
import { icmpOf, Protocol } from '../net/index.ts'
import { buildFrame, buildPacket, type FrameSpec } from './build-frame.ts'
import { concat } from './bytes.ts'
import { type IpHeaders, isIcmpError, type QuotedFlow } from './headers.ts'
import * as icmp from './icmp.ts'
import type { Message } from './icmp-message.ts'
import * as icmp6 from './icmp6.ts'
import { readHeaders } from './read-headers.ts'

const empty = new Uint8Array(0)

/**
 * A frame such that `readHeaders(frameOf(headers))` equals `headers`, for every value that `readHeaders` can give.
 * `payload` is what TCP, UDP, echoes and other protocols carry, and the body of an ICMP error that quotes nothing (keep
 * that below 28 bytes). Throws `TypeError` on headers that no frame means: ICMP of the other family, an extension header.
 */
export function frameOf(
  headers: IpHeaders,
  options: Pick<FrameSpec, 'ethernet' | 'payload'> = {},
): Uint8Array {
  const { payload = empty, ...rest } = options
  const { source, destination, hopLimit } = headers
  const frame = buildFrame({ ...rest, ...transport(headers, { source, destination, hopLimit }, payload) })
  const meaning = readHeaders(frame)
  if (meaning.kind === 'odd')
    throw new TypeError(
      `build frame: protocol ${headers.protocol} over IPv${headers.family} is ${meaning.reason}`,
    )
  return frame
}

function transport(headers: IpHeaders, ip: FrameSpec['ip'], payload: Uint8Array): FrameSpec {
  const {
    protocol,
    tcpFlags: flags,
    tcpSequence: sequence = 0,
    tcpAcknowledgement: acknowledgement = 0,
  } = headers
  if (protocol === Protocol.tcp)
    return { ip, tcp: { ...ports(headers), flags, sequence, acknowledgement }, payload }
  if (protocol === Protocol.udp) return { ip, udp: ports(headers), payload }
  if (protocol === icmpOf(headers.family)) return { ip, icmp: message(headers, payload) }
  return { ip: { ...ip, protocol }, payload }
}

const ports = ({ sourcePort, destinationPort }: QuotedFlow) => ({ sourcePort, destinationPort })

function message(headers: IpHeaders, payload: Uint8Array): Message {
  const { icmpType: type, icmpCode: code, quoted } = headers
  const rest = new Uint8Array(4)
  if (isIcmpError(headers))
    return { kind: 'other', type, code, body: concat(rest, quoted ? quote(quoted) : payload) }
  const identifier = headers.sourcePort || headers.destinationPort
  rest.set([identifier >>> 8, identifier & 255])
  return { kind: 'other', type, code, body: concat(rest, payload) }
}

/** A packet of the flow, cut after the 8 bytes of transport that every quotation has. */
function quote(flow: QuotedFlow): Uint8Array {
  const { source, destination, protocol } = flow
  const ip = { source, destination }
  const length = (source.family === 4 ? 20 : 40) + 8
  if (protocol === Protocol.tcp) return buildPacket({ ip, tcp: ports(flow) }).subarray(0, length)
  if (protocol === Protocol.udp) return buildPacket({ ip, udp: ports(flow) }).subarray(0, length)
  if (protocol !== icmpOf(source.family))
    return buildPacket({ ip: { ...ip, protocol }, payload: new Uint8Array(8) })
  return buildPacket({ ip, icmp: quotedEcho(flow) }).subarray(0, length)
}

function quotedEcho({ source, sourcePort, destinationPort }: QuotedFlow): Message {
  const types = source.family === 4 ? icmp.Type : icmp6.Type
  const type = sourcePort > 0 ? types.echoRequest : destinationPort > 0 ? types.echoReply : types.timeExceeded
  const identifier = sourcePort || destinationPort
  return { kind: 'other', type, code: 0, body: Uint8Array.of(identifier >>> 8, identifier & 255, 0, 0) }
}
