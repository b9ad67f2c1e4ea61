/**
 * Packets near what rules ask about: addresses at and beside the ends of prefixes, ports at and beside those of ranges, types and flags that are
 * named and their neighbours. Drawn from everywhere else, packets would meet the defaults and little more.
 */
import {
  type Family,
  Ip,
  icmpOf,
  type Prefix,
  Protocol,
  prefixFirst,
  prefixLast,
} from '../../../src/net/index.ts'
import { lendingOf, type Match, matchesOf, type Point } from '../../../src/policy/index.ts'
import type { World } from '../../../src/trace/index.ts'
import { type IpHeaders, icmpEcho, icmpErrors, oddProtocols } from '../../../src/wire/index.ts'
import { pick, type Random } from '../../support/random.ts'

export interface Borders {
  readonly addresses: Readonly<Record<Family, readonly Ip[]>>
  readonly ports: readonly number[]
  readonly protocols: readonly number[]
  /** What rules ask, each of them once for each point that has it. */
  readonly matches: readonly Match[]
  /** Of the machines behind the points: most rules are about what these send or hear. */
  readonly behind: readonly Ip[]
}

const families = [4, 6] as const

/** Somewhere in the Internet. */
const far: readonly Ip[] = [Ip(4, 0x0808_0808n), Ip(6, 0x2606_4700n << 96n)]

/** What some points ask about. @param of network whose addresses, listeners and routes are of interest too */
export function bordersOf(points: readonly Point[], of?: World): Borders {
  const addresses = { 4: new Map<bigint, Ip>(), 6: new Map<bigint, Ip>() }
  const ports = new Set([0, 1, 1023, 1024, 49_152, 65_535])
  const protocols = new Set([0, 1, 47, 58, 255])
  const known = new Set<readonly Prefix[]>()
  const matches: Match[] = []
  const put = ({ family, value }: Ip) => {
    for (const beside of [value - 1n, value, value + 1n])
      if (beside >= 0n && beside >> (family === 4 ? 32n : 128n) === 0n)
        addresses[family].set(beside, { family, value: beside })
  }
  const list = (prefixes: readonly Prefix[] = []) => {
    if (known.has(prefixes)) return
    known.add(prefixes)
    for (const prefix of prefixes) for (const end of [prefixFirst(prefix), prefixLast(prefix)]) put(end)
  }
  const range = ({ first, last }: { readonly first: number; readonly last: number }) => {
    for (const port of [first - 1, first, last, last + 1]) if (port >= 0 && port < 65_536) ports.add(port)
  }
  const match = ({ source, destination, sourcePorts = [], destinationPorts = [], protocol }: Match) => {
    list(source)
    list(destination)
    for (const each of [...sourcePorts, ...destinationPorts]) range(each)
    if (protocol !== undefined) protocols.add(protocol)
  }
  for (const { tiers, scope } of points) {
    if (scope) match(scope)
    for (const tier of tiers) {
      for (const each of matchesOf(tier)) match(each)
      matches.push(...matchesOf(tier))
      if (tier.kind !== 'translation') continue
      for (const each of tier.translations) {
        const lending = lendingOf(each)
        if (lending) put(lending.address)
        if (each.kind !== 'endpoint-in') continue
        put(each.vip)
        range({ first: each.port, last: each.port })
        for (const { port } of each.backends) range({ first: port, last: port })
      }
    }
  }
  for (const { id, addresses, publicAddresses, listeners } of of?.network.nodes ?? []) {
    for (const address of [...addresses, ...publicAddresses]) put(address)
    list(of?.routes(id).map(({ prefix }) => prefix))
    for (const { port } of listeners) range({ first: port, last: port })
  }
  for (const address of far) put(address)
  return {
    addresses: { 4: [...addresses[4].values()], 6: [...addresses[6].values()] },
    ports: [...ports],
    protocols: [...protocols],
    matches,
    behind: [...new Set(points.flatMap(({ behind = [] }) => behind))],
  }
}

const flagsOfInterest = [0x02, 0x02, 0x02, 0x10, 0x12, 0x04, 0x14, 0x01, 0x00, 0x03, 0x12 | 0x40, 0x18]

/** A packet near some borders: most are such as some rule is about, or several are, of different tiers. */
export function borderPacket(borders: Borders, random: Random): IpHeaders {
  let packet = anyPacket(borders, random)
  if (borders.matches.length === 0) return packet
  for (let rules = random(4); rules > 0; rules--)
    packet = matchedPacket(pick(borders.matches, random), packet, random)
  const { behind } = borders
  const own = behind.length > 0 && random(2) === 0 ? pick(behind, random) : undefined
  return own?.family === packet.family
    ? { ...packet, [pick(['source', 'destination'], random)]: own }
    : packet
}

/** A packet that a match holds for, at its ends, if there is one; what it does not ask is that of another. */
function matchedPacket(match: Match, other: IpHeaders, random: Random): IpHeaders {
  const { protocol = other.protocol, sourcePorts, destinationPorts, tcpFlags } = match
  const families = match.family === undefined ? familiesOf(match) : [match.family]
  const family = families.length > 0 ? pick(families, random) : other.family
  const end = (prefixes: readonly Prefix[] | undefined, otherwise: Ip): Ip => {
    const here = prefixes?.filter((each) => each.family === family) ?? []
    if (here.length > 0) return pick([prefixFirst, prefixLast], random)(pick(here, random))
    return otherwise.family === family ? otherwise : (far.find((each) => each.family === family) as Ip)
  }
  const port = (ranges: Match['sourcePorts'], otherwise: number) =>
    ranges && ranges.length > 0 ? pick(ranges, random)[pick(['first', 'last'] as const, random)] : otherwise
  return wellFormed({
    ...other,
    family,
    protocol,
    source: end(match.source, other.source),
    destination: end(match.destination, other.destination),
    sourcePort: port(sourcePorts, other.sourcePort),
    destinationPort: port(destinationPorts, other.destinationPort),
    tcpFlags: tcpFlags ? tcpFlags.value | (other.tcpFlags & ~tcpFlags.mask & 0xff) : other.tcpFlags,
    icmpType: match.icmpType ?? other.icmpType,
    icmpCode: match.icmpCode ?? other.icmpCode,
  })
}

const familiesOf = ({ source, destination }: Match): readonly Family[] =>
  families.filter((family) =>
    [source, destination].every((list) => !list || list.some((each) => each.family === family)),
  )

function anyPacket({ addresses, ports, protocols }: Borders, random: Random): IpHeaders {
  const family = pick(families, random)
  const here = addresses[family]
  const port = () => (random(6) === 0 ? random(65_536) : pick(ports, random))
  return wellFormed({
    kind: 'ip',
    family,
    source: pick(here, random),
    destination: pick(here, random),
    protocol: pick(
      [Protocol.tcp, Protocol.tcp, Protocol.udp, icmpOf(family), pick(protocols, random)],
      random,
    ),
    hopLimit: 64,
    sourcePort: port(),
    destinationPort: port(),
    tcpFlags: random(8) === 0 ? random(256) : pick(flagsOfInterest, random),
    icmpType: pick([...Object.values(icmpEcho[family]), ...icmpErrors[family], random(256)], random),
    icmpCode: random(2) * random(256),
  })
}

/** A packet with something in it that is another. */
export function nearPacket(packet: IpHeaders, borders: Borders, random: Random): IpHeaders {
  const other = borderPacket(borders, random)
  const one = () => 2 * random(2) - 1
  const beside = (address: Ip): Ip =>
    Ip(address.family, BigInt.asUintN(address.family === 4 ? 32 : 128, address.value + BigInt(one())))
  switch (random(8)) {
    case 0:
      return wellFormed({ ...packet, destinationPort: (packet.destinationPort + one()) & 0xffff })
    case 1:
      return wellFormed({ ...packet, sourcePort: (packet.sourcePort + one()) & 0xffff })
    case 2:
      return { ...packet, destination: beside(packet.destination) }
    case 3:
      return { ...packet, source: beside(packet.source) }
    case 4:
      return wellFormed({
        ...packet,
        tcpFlags: other.tcpFlags,
        icmpType: other.icmpType,
        icmpCode: other.icmpCode,
      })
    case 5:
      return wellFormed({ ...packet, destinationPort: other.destinationPort })
    case 6:
      return other.family === packet.family ? { ...packet, source: other.source } : packet
    default:
      return other.family === packet.family ? { ...packet, destination: other.destination } : packet
  }
}

/** Without what its protocol does not have: as frames are read. */
export function wellFormed(packet: IpHeaders): IpHeaders {
  const { family, protocol, icmpType } = packet
  if (oddProtocols[family].includes(protocol)) return wellFormed({ ...packet, protocol: icmpOf(family) })
  const ported = protocol === Protocol.tcp || protocol === Protocol.udp
  const icmp = protocol === icmpOf(family)
  const { request, reply } = icmpEcho[family]
  return {
    ...packet,
    sourcePort: ported || (icmp && icmpType === request) ? packet.sourcePort : 0,
    destinationPort: ported || (icmp && icmpType === reply) ? packet.destinationPort : 0,
    tcpFlags: protocol === Protocol.tcp ? packet.tcpFlags : 0,
    icmpType: icmp ? icmpType : 0,
    icmpCode: icmp ? packet.icmpCode : 0,
  }
}
