/** Rules as one line of text, for listings and traces. */
import { formatPortRange, formatPrefix, formatProtocol } from '../net/index.ts'
import type { Match } from './rule.ts'

/** `tcp from 10.1.0.0/24 to any port 443`; `any` for the empty match. Long lists are cut with their count. */
export function formatMatch(match: Match): string {
  const words: string[] = []
  if (match.family !== undefined) words.push(`ipv${match.family}`)
  if (match.protocol !== undefined) words.push(formatProtocol(match.protocol))
  if (match.icmpType !== undefined) words.push(`type ${match.icmpType}`)
  if (match.icmpCode !== undefined) words.push(`code ${match.icmpCode}`)
  if (match.tcpFlags) words.push(`flags ${hex(match.tcpFlags.value)}/${hex(match.tcpFlags.mask)}`)
  if (match.source || match.sourcePorts) words.push('from', list(match.source?.map(formatPrefix)))
  if (match.sourcePorts) words.push('port', list(match.sourcePorts.map(formatPortRange)))
  if (match.destination || match.destinationPorts)
    words.push('to', list(match.destination?.map(formatPrefix)))
  if (match.destinationPorts) words.push('port', list(match.destinationPorts.map(formatPortRange)))
  return words.length === 0 ? 'any' : words.join(' ')
}

const shown = 4

function list(items: readonly string[] | undefined): string {
  if (!items) return 'any'
  if (items.length === 0) return 'none'
  const rest = items.length - shown
  return rest > 0 ? `${items.slice(0, shown).join(',')},… (${rest} more)` : items.join(',')
}

const hex = (n: number): string => `0x${n.toString(16)}`
