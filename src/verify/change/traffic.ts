/** A set of packets as a few words that people have for it: protocols, ports, sources. */
import { type Family, icmpOf, type PortRange, Protocol } from '../../net/index.ts'
import { openingFlags } from '../../policy/index.ts'
import { icmpEcho, oddProtocols } from '../../wire/index.ts'
import type { DiagramSet, Range } from '../diagram/index.ts'
import { addressLevels, allLevelsBut, familyNumber, level, type PacketSets } from '../packets/index.ts'

export interface Traffic {
  readonly families: readonly Family[]
  /** `other`: neither TCP, UDP nor ICMP. */
  readonly protocol: 'any' | 'tcp' | 'udp' | 'icmp' | 'other'
  /** Destination ports; absent: all. */
  readonly ports?: readonly PortRange[]
  /** Source ports; absent: all. */
  readonly sourcePorts?: readonly PortRange[]
  /** ICMP types; absent: all. */
  readonly icmpTypes?: readonly PortRange[]
  /** Protocol numbers of `other`; absent: all. */
  readonly numbers?: readonly PortRange[]
  /** Nothing of it opens a connection: TCP without a lone SYN. */
  readonly strays?: true
}

const families = [4, 6] as const
const most = 0xffff

/** What a set holds, addresses aside. Parts that both families share are one. */
export function trafficOf(sets: PacketSets, packets: DiagramSet): readonly Traffic[] {
  const plain = sets.forget(packets, [
    ...addressLevels('source'),
    ...addressLevels('destination'),
    level.choice,
  ])
  const [four, six] = families.map((family) => ofFamily(sets, plain, family)) as [Part[], Part[]]
  const keyOf = (part: Part): string => JSON.stringify(part)
  const keys = new Set(six.map(keyOf))
  const shared = new Set(four.map(keyOf).filter((key) => keys.has(key)))
  return [
    ...four.map((part): Traffic => ({ families: shared.has(keyOf(part)) ? families : [4], ...part })),
    ...six.filter((part) => !shared.has(keyOf(part))).map((part): Traffic => ({ families: [6], ...part })),
  ]
}

type Part = Omit<Traffic, 'families'>

function ofFamily(sets: PacketSets, plain: DiagramSet, family: Family): Part[] {
  const packets = sets.follow(plain, [familyNumber(family)]) as DiagramSet
  const of = (protocol: number): DiagramSet =>
    sets.forget(sets.mask(packets, sets.field('protocol', [[protocol, protocol]])), [level.protocol])
  const icmp = icmpOf(family)
  const named = new Set<number>([Protocol.tcp, Protocol.udp, icmp])
  const numbers = rangesOf(sets, packets, level.protocol)
    .flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index))
    .filter((number) => !named.has(number))
  const parts = [
    ...withPorts(sets, 'tcp', of(Protocol.tcp)),
    ...withPorts(sets, 'udp', of(Protocol.udp)),
    ...icmpParts(sets, of(icmp), family),
    ...(numbers.length > 0
      ? [{ protocol: 'other' as const, ...(numbers.length < others(family) && { numbers: merged(numbers) }) }]
      : []),
  ]
  const whole = parts.length === 4 && parts.every((part) => Object.keys(part).length === 1)
  return whole ? [{ protocol: 'any' }] : parts
}

/** Protocols that packets of a family may have beside TCP, UDP and ICMP. */
const others = (family: Family): number => 256 - 3 - oddProtocols[family].length

function withPorts(sets: PacketSets, protocol: 'tcp' | 'udp', packets: DiagramSet): Part[] {
  if (packets === sets.none) return []
  const opening = protocol === 'tcp' ? sets.mask(packets, sets.match({ tcpFlags: openingFlags })) : packets
  const stray = opening === sets.none
  const told = stray ? packets : opening
  const ports = rangesOf(sets, sets.forget(told, [level.tcpFlags, level.sourcePort]), level.destinationPort)
  const sources = rangesOf(sets, sets.forget(told, [level.tcpFlags, level.destinationPort]), level.sourcePort)
  return [
    {
      protocol,
      ...(!isWhole(ports, most) && { ports: ports.map(portRange) }),
      ...(!isWhole(sources, most) && { sourcePorts: sources.map(portRange) }),
      ...(stray && { strays: true as const }),
    },
  ]
}

function icmpParts(sets: PacketSets, packets: DiagramSet, family: Family): Part[] {
  if (packets === sets.none) return []
  const types = rangesOf(sets, packets, level.icmpType)
  if (isWhole(types, 255)) return [{ protocol: 'icmp' }]
  // Both families say echo request with numbers of their own: so it is one part.
  const { request } = icmpEcho[family]
  const alone = types.length === 1 && types[0]?.[0] === request && types[0][1] === request
  return [{ protocol: 'icmp', icmpTypes: alone ? [ping] : types.map(portRange) }]
}

/** The number of an echo request of IPv4, which stands for that of IPv6 too. */
export const ping: PortRange = { first: icmpEcho[4].request, last: icmpEcho[4].request }

const portRange = ([first, last]: Range): PortRange => ({ first, last })

const isWhole = (ranges: readonly Range[], last: number): boolean =>
  ranges.length === 1 && ranges[0]?.[0] === 0 && ranges[0][1] === last

function merged(numbers: readonly number[]): readonly PortRange[] {
  const ranges: { first: number; last: number }[] = []
  for (const number of numbers) {
    const previous = ranges.at(-1)
    if (previous?.last === number - 1) previous.last = number
    else ranges.push({ first: number, last: number })
  }
  return ranges
}

/** Numbers of a level with which a set holds something, whatever else; all, if the set does not depend on it. */
function rangesOf(sets: PacketSets, packets: DiagramSet, at: number): readonly Range[] {
  if (packets === sets.none) return []
  const alone = sets.forget(packets, allLevelsBut([at]))
  if (sets.levelOf(alone) === undefined) return [[0, sets.highest[at] as number]]
  return sets.branches(alone).flatMap(([range, child]) => (child === sets.none ? [] : [range]))
}
