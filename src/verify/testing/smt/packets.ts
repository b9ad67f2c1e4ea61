/**
 * Packets in SMT-LIB 2, theory of bit vectors, and what rules ask of them. Written from the meaning of `Match` and of headers, not from the code
 * that makes boxes and diagrams of them.
 */
import { type Family, Ip, type PortRange, type Prefix } from '../../../net/index.ts'
import type { Match } from '../../../policy/index.ts'
import type { IpHeaders } from '../../../wire/index.ts'
import { and, bits, not, or } from './terms.ts'

/** Constants that are a packet, with their bits. `family` is 1 for IPv6; an IPv4 address is in the low 32 bits. */
export const fields = {
  family: 1,
  source: 128,
  destination: 128,
  protocol: 8,
  icmpType: 8,
  icmpCode: 8,
  tcpFlags: 8,
  sourcePort: 16,
  destinationPort: 16,
} as const
export type Name = keyof typeof fields
export const names = Object.keys(fields) as readonly Name[]

/** Each field as a number that is known, or as a term. */
export type PacketTerms = Readonly<Record<Name, bigint | string>>

/** The packet that {@link preamble} declares. */
export const anyPacket: PacketTerms = {
  family: 'family',
  source: 'source',
  destination: 'destination',
  protocol: 'protocol',
  icmpType: 'icmpType',
  icmpCode: 'icmpCode',
  tcpFlags: 'tcpFlags',
  sourcePort: 'sourcePort',
  destinationPort: 'destinationPort',
}

export const familyBit = (family: Family): number => (family === 4 ? 0 : 1)

/** That a field is a number. */
export function is(field: Name, value: bigint | number, packet = anyPacket): string {
  const term = packet[field]
  if (typeof term === 'bigint') return `${term === BigInt(value)}`
  return `(= ${term} ${bits(value, fields[field])})`
}

/** That a field is in a range, ends included. */
export function within(
  field: Name,
  first: bigint | number,
  last: bigint | number,
  packet = anyPacket,
): string {
  const term = packet[field]
  if (BigInt(first) === BigInt(last)) return is(field, first, packet)
  if (typeof term === 'bigint') return `${BigInt(first) <= term && term <= BigInt(last)}`
  const width = fields[field]
  return and([
    BigInt(first) === 0n ? 'true' : `(bvule ${bits(first, width)} ${term})`,
    BigInt(last) === 2n ** BigInt(width) - 1n ? 'true' : `(bvule ${term} ${bits(last, width)})`,
  ])
}

/** That an address is of a prefix, and of its family. */
export function inPrefix(
  field: 'source' | 'destination',
  { family, value, length }: Prefix,
  packet = anyPacket,
): string {
  const ofFamily = is('family', familyBit(family), packet)
  const width = family === 4 ? 32 : 128
  const [term, head] = [packet[field], value >> BigInt(width - length)]
  if (length === 0) return ofFamily
  if (typeof term === 'bigint') return and([ofFamily, `${term >> BigInt(width - length) === head}`])
  return and([ofFamily, `(= ((_ extract ${width - 1} ${width - length}) ${term}) ${bits(head, length)})`])
}

/** That a match holds. */
export function matchFormula(match: Match, packet = anyPacket): string {
  const { family, protocol, source, destination, tcpFlags, icmpType, icmpCode } = match
  const inAny = (field: 'source' | 'destination', list: readonly Prefix[]): string =>
    or(list.map((each) => inPrefix(field, each, packet)))
  const inPorts = (field: 'sourcePort' | 'destinationPort', list: readonly PortRange[]): string =>
    or(list.map(({ first, last }) => within(field, first, last, packet)))
  return and([
    ...(family === undefined ? [] : [is('family', familyBit(family), packet)]),
    ...(protocol === undefined ? [] : [is('protocol', protocol, packet)]),
    ...(source ? [inAny('source', source)] : []),
    ...(destination ? [inAny('destination', destination)] : []),
    ...(match.sourcePorts ? [inPorts('sourcePort', match.sourcePorts)] : []),
    ...(match.destinationPorts ? [inPorts('destinationPort', match.destinationPorts)] : []),
    ...(tcpFlags ? [flagsAre(tcpFlags.mask, tcpFlags.value, packet)] : []),
    ...(icmpType === undefined ? [] : [is('icmpType', icmpType, packet)]),
    ...(icmpCode === undefined ? [] : [is('icmpCode', icmpCode, packet)]),
  ])
}

/** That of the TCP flags in a mask those of a value are there, and no others. */
export function flagsAre(mask: number, value: number, packet = anyPacket): string {
  const term = packet.tcpFlags
  if (typeof term === 'bigint') return `${(Number(term) & mask) === value}`
  return `(= (bvand ${term} ${bits(mask, 8)}) ${bits(value, 8)})`
}

const echo = (types: Readonly<Record<Family, number>>, packet: PacketTerms): string =>
  or(([4, 6] as const).map((family) => and([isIcmp(family, packet), is('icmpType', types[family], packet)])))

/** That a packet is ICMP of a family, and so of that family. */
export const isIcmp = (family: Family, packet = anyPacket): string =>
  and([is('family', familyBit(family), packet), is('protocol', family === 4 ? 1 : 58, packet)])

/** Echo (RFC 792, RFC 4443 section 4). */
export const isEchoRequest = (packet = anyPacket): string => echo({ 4: 8, 6: 128 }, packet)
export const isEchoReply = (packet = anyPacket): string => echo({ 4: 0, 6: 129 }, packet)

const four = is('family', 0)
const [tcp, udp] = [is('protocol', 6), is('protocol', 17)]

/**
 * Declares the packet and `wellFormed`: fields that a protocol does not have are 0, an echo's identifier is a port, no IPv6 extension
 * header is a protocol (RFC 8200; IANA's list of extension header types), nor the ICMP of the other family, no IPv4 address has high bits.
 */
export const preamble = `
${names.map((name) => `(declare-const ${name} (_ BitVec ${fields[name]}))`).join('\n')}
(define-fun wellFormed () Bool (and
  (=> ${four} (and (bvult source ${bits(2n ** 32n, 128)}) (bvult destination ${bits(2n ** 32n, 128)})))
  (=> ${not(four)} ${not(or([0, 1, 43, 44, 51, 60, 135, 139, 140].map((each) => is('protocol', each))))})
  (=> ${four} ${not(is('protocol', 58))})
  (=> ${not(tcp)} ${is('tcpFlags', 0)})
  (=> ${not(or([isIcmp(4), isIcmp(6)]))} ${and([is('icmpType', 0), is('icmpCode', 0)])})
  (=> ${not(or([tcp, udp, isEchoRequest()]))} ${is('sourcePort', 0)})
  (=> ${not(or([tcp, udp, isEchoReply()]))} ${is('destinationPort', 0)})))
`

/** For `(check-sat)` that says sat: prints the packet. */
export const askForPacket = `(get-value (${names.join(' ')}))`

/** The packet that Z3 printed. */
export function packetFrom(lines: readonly string[]): IpHeaders {
  const text = lines.join(' ')
  const value = (name: Name): bigint => {
    const [, base, digits] = new RegExp(`\\(${name} #([bx])([\\da-f]+)\\)`).exec(text) as unknown as string[]
    return BigInt(`0${base}${digits}`)
  }
  const family = value('family') === 0n ? 4 : 6
  const small = Object.fromEntries(
    (['protocol', 'icmpType', 'icmpCode', 'tcpFlags', 'sourcePort', 'destinationPort'] as const).map(
      (name) => [name, Number(value(name))],
    ),
  )
  return {
    kind: 'ip',
    hopLimit: 64,
    family,
    source: Ip(family, value('source')),
    destination: Ip(family, value('destination')),
    ...small,
  } as IpHeaders
}
