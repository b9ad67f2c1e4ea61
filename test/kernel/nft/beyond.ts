/**
 * Packets about which nftables and the evaluator are not compared, each with the reason. `docs/guide/firewalls.md` tells users of them.
 * Whatever is not listed here must agree.
 */
import type { Point } from '../../../src/policy/index.ts'
import { type IpHeaders, icmpEcho, isIcmpError, readHeaders } from '../../../src/wire/index.ts'

/** Why a frame at a point is not compared; `undefined`: it is. */
export function beyondNft(point: Point, frame: Uint8Array): string | undefined {
  const headers = readHeaders(frame)
  const etherType = ((frame[12] as number) << 8) | (frame[13] as number)
  if (etherType !== 0x0800 && etherType !== 0x86dd) return 'not IP: these hooks see IP alone'
  if (ipHeaderFault(frame)) return 'IP header fault: the kernel drops it before any hook'
  if (headers.kind === 'odd') {
    if (point.direction === 'out' && headers.reason === 'fragment')
      return 'fragment going out: connection tracking has put it together'
    if (point.direction === 'out' && headers.reason === 'ip-options')
      return 'IPv4 options going out: the kernel reads them as it forwards, and drops what it cannot read'
    if (headers.reason === 'extension-header' && frame[20] === 0)
      return 'hop-by-hop options: the kernel reads them before any hook, and drops what it cannot read'
    if (headers.reason === 'neighbour-discovery' && (point.direction === 'out' || frame[38] === 0xfe))
      return 'neighbour discovery that the forwarder would turn about, or not forward'
  }
  if (udpLengthFault(frame)) return 'UDP length beyond the packet: connection tracking calls it invalid'
  if (!forwardable(frame)) return 'an address that Linux does not forward'
  if (headers.kind === 'odd' || !point.flow) return undefined
  return beyondTracking(headers, frame)
}

/** Of stateful points. */
function beyondTracking(headers: IpHeaders, frame: Uint8Array): string | undefined {
  const { family, protocol, icmpType, icmpCode } = headers
  const { request, reply } = icmpEcho[family]
  if (protocol === (family === 4 ? 1 : 58)) {
    const echo = icmpType === request || icmpType === reply
    if (echo && headers.sourcePort === 0 && headers.destinationPort === 0)
      return 'echo with identifier 0: connection tracking knows who asked, the flow table does not'
    if (echo && icmpCode !== 0) return 'echo with a code: connection tracking takes it for part of the name'
    if (!echo && !isIcmpError(headers)) return 'ICMP that is neither echo nor error is not tracked'
  }
  if (headers.source.value === headers.destination.value)
    return 'from an address to itself: connection tracking cannot tell its ends apart'
  if (family === 6 && protocol === 59) return 'IPv6 without next header is invalid to connection tracking'
  const transport = 14 + headerLength[family]
  if (protocol === 47 && isGreVersion1(frame, transport)) return greVersion1
  if (!isIcmpError(headers)) return undefined
  const quoted = transport + 8
  const first = frame[quoted] ?? 0
  const declared =
    ((frame[family === 4 ? 16 : 18] as number) << 8) | (frame[family === 4 ? 17 : 19] as number)
  const end = 14 + declared + (family === 4 ? 0 : headerLength[6])
  if (end < quoted + headerLength[family] + 8)
    return 'error that quotes fewer than eight bytes of a transport header: connection tracking is content with ports'
  if (family === 4 ? first !== 0x45 : first >>> 4 !== 6)
    return 'error that quotes another version, or options: connection tracking does not mind'
  if (frame[quoted + protocolAt[family]] === 47 && isGreVersion1(frame, quoted + headerLength[family]))
    return greVersion1
  return undefined
}

const headerLength = { 4: 20, 6: 40 } as const
const protocolAt = { 4: 9, 6: 6 } as const
const greVersion1 = 'GRE version 1 is tracked by its call'
const isGreVersion1 = (frame: Uint8Array, at: number): boolean => ((frame[at + 1] ?? 0) & 7) === 1

/** Checks 4–6 and 10–12 of `readHeaders`. */
function ipHeaderFault(frame: Uint8Array): boolean {
  const [first = 0, rest] = [frame[14], frame.length - 14]
  const at = (offset: number) => ((frame[offset] as number) << 8) | (frame[offset + 1] as number)
  if (frame[12] === 0x86) return rest < 40 || first >>> 4 !== 6 || at(18) + 40 > rest
  const header = (first & 15) * 4
  return rest < 20 || first >>> 4 !== 4 || header < 20 || at(16) < header || at(16) > rest
}

function udpLengthFault(frame: Uint8Array): boolean {
  const six = frame[12] === 0x86
  const start = six ? 54 : 34
  if (frame[six ? 20 : 23] !== 17) return false
  const at = (offset: number) => (((frame[offset] ?? 0) << 8) | (frame[offset + 1] ?? 0)) as number
  const segment = six ? at(18) : at(16) - 20
  return segment >= 8 && at(start + 4) > segment
}

/** Neither unspecified, loopback, multicast nor broadcast; IPv6 link-local only for neighbour discovery, which stays on its link. */
function forwardable(frame: Uint8Array): boolean {
  const headers = readHeaders(frame)
  const discovery = headers.kind === 'odd' && headers.reason === 'neighbour-discovery'
  if (frame[12] === 0x86) {
    const [source, destination] = [frame.subarray(22, 38), frame.subarray(38, 54)]
    return unicast6(source, discovery) && (discovery || unicast6(destination, false))
  }
  return [frame[26], frame[30]].every((first = 0) => first !== 0 && first !== 127 && first < 224)
}

function unicast6(address: Uint8Array, linkLocal: boolean): boolean {
  if (address[0] === 0xff) return false
  if (address[0] === 0xfe && ((address[1] as number) & 0xc0) === 0x80) return linkLocal
  return address.subarray(0, 12).some((byte) => byte !== 0)
}
