/** The condition of a rule in the words of nft(8). */
import { type Family, formatPortRange, type PortRange, type Prefix, Protocol } from '../../net/index.ts'
import type { Match } from '../../policy/index.ts'
import { mergePorts } from '../port-set.ts'
import type { NamedSets } from './named-sets.ts'

const families = [4, 6] as const

/**
 * Conditions of which one holds if and only if the match does: none if it holds for no packet; two if addresses of both
 * families are asked for, since nft names them apart. An empty one holds for every packet.
 */
export function conditionsOf(match: Match, sets: NamedSets): readonly string[] {
  const transport = transportOf(match)
  if (transport === undefined) return []
  const possible = families.filter(
    (family) => (match.family ?? family) === family && match.protocol !== otherIcmp[family],
  )
  const whole = possible.length === 2 || isIcmp(match.protocol)
  if (!match.source && !match.destination && match.family === undefined && whole) return [words(transport)]
  return possible.flatMap((family) => {
    const source = addressOf(family, 'saddr', match.source, sets)
    const destination = addressOf(family, 'daddr', match.destination, sets)
    if (source === undefined || destination === undefined) return []
    const bare = source === '' && destination === '' ? `meta nfproto ipv${family}` : ''
    return [words(bare, source, destination, transport)]
  })
}

export const words = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(' ')

/** The ICMP of the other family, which is `malformed` to us. */
const otherIcmp = { 4: Protocol.icmp6, 6: Protocol.icmp } as const

const isIcmp = (protocol: number | undefined): boolean =>
  protocol === Protocol.icmp || protocol === Protocol.icmp6

/** `''`: any address; `undefined`: none. */
function addressOf(
  family: Family,
  field: 'saddr' | 'daddr',
  list: readonly Prefix[] | undefined,
  sets: NamedSets,
): string | undefined {
  if (!list) return ''
  const own = list.filter((prefix) => prefix.family === family)
  if (own.length === 0) return undefined
  if (own.some(({ length }) => length === 0)) return ''
  return `${family === 4 ? 'ip' : 'ip6'} ${field} ${sets.reference(family, own)}`
}

function transportOf(match: Match): string | undefined {
  const { protocol, sourcePorts, destinationPorts, tcpFlags, icmpType, icmpCode, ...addresses } = match
  const { family: _family, source: _source, destination: _destination, ...unknown } = addresses
  // The type check fails here when matches learn a condition that is not said below.
  unknown satisfies Record<string, never>
  if (protocol === undefined) return ''
  if (sourcePorts?.length === 0 || destinationPorts?.length === 0) return undefined
  const name = protocolWords.get(protocol)
  const details = [
    sourcePorts ? `${name} sport ${portsText(sourcePorts)}` : '',
    destinationPorts ? `${name} dport ${portsText(destinationPorts)}` : '',
    tcpFlags && tcpFlags.mask !== 0 ? `tcp flags & ${hex(tcpFlags.mask)} == ${hex(tcpFlags.value)}` : '',
    icmpType === undefined ? '' : `${name} type ${icmpType}`,
    icmpCode === undefined ? '' : `${name} code ${icmpCode}`,
  ]
  const text = words(...details)
  return text === '' ? `meta l4proto ${protocol}` : text
}

const protocolWords: ReadonlyMap<number, string> = new Map([
  [Protocol.tcp, 'tcp'],
  [Protocol.udp, 'udp'],
  [Protocol.icmp, 'icmp'],
  [Protocol.icmp6, 'icmpv6'],
])

function portsText(ranges: readonly PortRange[]): string {
  const texts = mergePorts(ranges).map(formatPortRange)
  return texts.length === 1 ? (texts[0] as string) : `{ ${texts.join(', ')} }`
}

const hex = (value: number): string => `0x${value.toString(16)}`
