/**
 * The header fields as levels of decision diagrams, from the root down. The sender comes first: what machines may send differs by their
 * address and in little else, so that all of them share what follows. With protocol and ports first, as is best for one long list of
 * rules, the sets of a 1,000-VM site had three times as many nodes. An address has four levels of 32 bits; of IPv4 the last
 * alone is used, and the others are 0.
 */
import type { Family, Ip } from '../../net/index.ts'
import type { IpHeaders } from '../../wire/index.ts'

export const level = Object.freeze({
  /** 0: IPv4, 1: IPv6. */
  family: 0,
  /** The first of four. */
  source: 1,
  /** The first of four. */
  destination: 5,
  protocol: 9,
  icmpType: 10,
  icmpCode: 11,
  tcpFlags: 12,
  destinationPort: 13,
  sourcePort: 14,
  /** No header: the machine that a balancer chooses for the packet, by a number that whoever asks has given it. */
  choice: 15,
  /** Of the packet that an ICMP error quotes; the first of four. See `quotes.ts`. */
  quoted: 16,
})

/** A field of one number. */
export type Field = Exclude<keyof typeof level, 'family' | 'source' | 'destination' | 'choice' | 'quoted'>
/** A field that is an address. */
export type End = 'source' | 'destination'
/** An address, of a packet or of what it quotes. */
export type Address = End | 'quoted'

const [byte, port, word] = [0xff, 0xffff, 0xffff_ffff]

/** Highest number of each level. */
export const highest: readonly number[] = Object.freeze([
  1,
  ...Array<number>(8).fill(word),
  byte,
  byte,
  byte,
  byte,
  port,
  port,
  word,
  ...Array<number>(4).fill(word),
])

/** Levels of an address. */
export const addressLevels = (end: Address): readonly number[] => [0, 1, 2, 3].map((at) => level[end] + at)

/** Every level that is not among some. */
export const allLevelsBut = (kept: readonly number[]): readonly number[] =>
  Array.from(highest.keys()).filter((each) => !kept.includes(each))

export const familyNumber = (family: Family): number => (family === 4 ? 0 : 1)

/** A packet as a tuple with a number for each level. */
export function tupleOf(packet: IpHeaders): Uint32Array {
  const tuple = new Uint32Array(highest.length)
  tuple[level.family] = familyNumber(packet.family)
  tuple[level.protocol] = packet.protocol
  tuple[level.icmpType] = packet.icmpType
  tuple[level.icmpCode] = packet.icmpCode
  tuple[level.tcpFlags] = packet.tcpFlags
  tuple[level.destinationPort] = packet.destinationPort
  tuple[level.sourcePort] = packet.sourcePort
  tuple.set(wordsOf(packet.destination), level.destination)
  tuple.set(wordsOf(packet.source), level.source)
  return tuple
}

/** An address as four numbers of 32 bits, the most significant first. */
export const wordsOf = ({ value }: Pick<Ip, 'value'>): readonly [number, number, number, number] => [
  Number((value >> 96n) & 0xffff_ffffn),
  Number((value >> 64n) & 0xffff_ffffn),
  Number((value >> 32n) & 0xffff_ffffn),
  Number(value & 0xffff_ffffn),
]
