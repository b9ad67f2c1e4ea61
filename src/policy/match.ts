/** Whether a rule's condition holds for a packet: the reference meaning of `Match`. */
import { type Ip, type Prefix, portInRange, prefixContains } from '../net/index.ts'
import type { IpHeaders } from '../wire/index.ts'
import type { Match } from './rule.ts'

/** True if all conditions of `match` hold for the packet. */
export function matches(match: Match, packet: IpHeaders): boolean {
  return (
    (match.family === undefined || match.family === packet.family) &&
    (match.protocol === undefined || match.protocol === packet.protocol) &&
    (match.source === undefined || inAny(match.source, packet.source)) &&
    (match.destination === undefined || inAny(match.destination, packet.destination)) &&
    (match.sourcePorts === undefined || match.sourcePorts.some((r) => portInRange(r, packet.sourcePort))) &&
    (match.destinationPorts === undefined ||
      match.destinationPorts.some((r) => portInRange(r, packet.destinationPort))) &&
    (match.tcpFlags === undefined || (packet.tcpFlags & match.tcpFlags.mask) === match.tcpFlags.value) &&
    (match.icmpType === undefined || match.icmpType === packet.icmpType) &&
    (match.icmpCode === undefined || match.icmpCode === packet.icmpCode)
  )
}

export const inAny = (prefixes: readonly Prefix[], address: Ip): boolean =>
  prefixes.some((p) => prefixContains(p, address))

/**
 * Why a match makes no sense, or `undefined` if it does: ports need TCP or UDP, flags need TCP, ICMP types need ICMP of
 * the family. Evaluator and data plane both rely on it; `Point` factories check it.
 */
export function matchProblem(match: Match): string | undefined {
  const { protocol } = match
  if ((match.sourcePorts || match.destinationPorts) && protocol !== 6 && protocol !== 17)
    return 'ports need the protocol tcp or udp'
  if (match.tcpFlags && protocol !== 6) return 'TCP flags need the protocol tcp'
  if (match.tcpFlags && (match.tcpFlags.value & ~match.tcpFlags.mask) !== 0)
    return 'TCP flag value has bits outside its mask and can never match'
  if ((match.icmpType !== undefined || match.icmpCode !== undefined) && protocol !== 1 && protocol !== 58)
    return 'an ICMP type or code needs the protocol icmp or icmp6'
  return undefined
}
