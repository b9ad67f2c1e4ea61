/** The command that plays a counterexample of the proof: an ICMP error, and the one connection that it is about. */
import { formatIp, hasPorts, icmpOf, ipEquals } from '../../net/index.ts'
import { type Opening, openingPacket } from '../../trace/index.ts'
import type { Counterexample } from '../../verify/index.ts'
import { type IpHeaders, icmpEcho, type QuotedFlow } from '../../wire/index.ts'
import { endsText } from './packet.ts'

/** `undefined`: `glacis trace` cannot say it, since it takes several connections, or one that is opened in an unusual way. */
export function traceCommand({ sender, packet, after = [] }: Counterexample): string | undefined {
  const [opening, ...others] = after
  const { quoted } = packet
  if (!opening?.sender || others.length > 0 || !sender || !quoted) return undefined
  const opened = openingOf(opening.sender, opening.packet)
  const about = aboutText(quoted, opening.packet)
  if (!opened || !about) return undefined
  const { protocol, sourcePort, destinationPort } = opened
  return [
    `glacis trace FILE --from ${opened.from} --source ${formatIp(opened.source)} --to ${formatIp(opened.destination)}`,
    `--proto ${protocol} --sport ${sourcePort}${protocol === 'icmp' ? '' : ` --dport ${destinationPort}`}`,
    `--error-from ${sender} --error-source ${formatIp(packet.source)} --error-type ${packet.icmpType}/${packet.icmpCode}`,
    `--about ${about}`,
  ].join(' ')
}

/** Of a ping no number is shown by which it could be named. */
function aboutText(quoted: QuotedFlow, { source, destination }: IpHeaders): string | undefined {
  if (hasPorts(quoted.protocol)) return `'${endsText(quoted).replace('→', '->')}'`
  const isAnswer = ipEquals(quoted.source, destination) && ipEquals(quoted.destination, source)
  return isAnswer ? 'answer' : undefined
}

/** A packet as the first of a conversation, if it is one that `glacis trace` sends. */
function openingOf(from: string, packet: IpHeaders): Opening | undefined {
  const { family, protocol, icmpType } = packet
  const name =
    protocol === 6
      ? 'tcp'
      : protocol === 17
        ? 'udp'
        : protocol === icmpOf(family) && icmpType === icmpEcho[family].request
          ? 'icmp'
          : undefined
  if (!name) return undefined
  const opening: Opening = { ...packet, from, protocol: name }
  const { tcpFlags, icmpCode, destinationPort } = openingPacket(opening)
  const isUsual =
    packet.tcpFlags === tcpFlags && packet.icmpCode === icmpCode && packet.destinationPort === destinationPort
  return isUsual ? opening : undefined
}
