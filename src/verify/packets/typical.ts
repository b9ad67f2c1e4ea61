/**
 * One packet out of a set, such as a person would recognise: TCP to a port that has a name, from an ephemeral port, between machines
 * that there are, if the set has such a packet.
 */
import { type Family, Ip, Protocol } from '../../net/index.ts'
import { type IpHeaders, isIcmpError } from '../../wire/index.ts'
import { type DiagramSet, everything, type Range } from '../diagram/index.ts'
import { type Address, addressLevels, type End, type Field, highest, level } from './levels.ts'
import type { PacketSets } from './packet-sets.ts'
import { errorsWithQuotes } from './quotes.ts'

/** Addresses to be tried first. */
export interface Preferred {
  readonly source?: readonly Ip[]
  readonly destination?: readonly Ip[]
}

const fields: Readonly<Record<Field, readonly number[]>> = {
  protocol: [Protocol.tcp, Protocol.udp, Protocol.icmp, Protocol.icmp6],
  tcpFlags: [0x02, 0x10, 0x12, 0x18, 0x04],
  icmpType: [8, 128],
  icmpCode: [0],
  destinationPort: [443, 80, 53, 22, 25, 3389, 8080, 0],
  sourcePort: [49_152, 0],
}

/** Of errors: types that everybody knows, about TCP or UDP. */
const quotedFields: typeof fields = {
  ...fields,
  icmpType: [3, 2, 1],
  tcpFlags: [Protocol.tcp, Protocol.udp],
}

/** A typical packet of a set, which must not be empty. */
export const typicalPacket = (sets: PacketSets, packets: DiagramSet, preferred: Preferred = {}): IpHeaders =>
  packetOf(
    sets,
    narrowed(sets, packets, (some) => some !== sets.none, preferred),
  )

/**
 * A set of one packet, of those for which `has` holds.
 * @param has whether a set has a packet that is sought. It does for `packets`, and if it does for a set, then for one half of it, however it is cut
 */
export function narrowed(
  sets: PacketSets,
  packets: DiagramSet,
  has: (some: DiagramSet) => boolean,
  preferred: Preferred,
): DiagramSet {
  const errors = errorsWithQuotes(sets)
  let left = sets.mask(sets.union([sets.all, errors]), packets)
  const keep = (part: DiagramSet): boolean => {
    const some = sets.mask(part, left)
    if (some === sets.none || !has(some)) return false
    left = some
    return true
  }
  if (!keep(sets.family(4))) keep(sets.family(6))
  for (const end of ['source', 'destination'] as const) narrowAddress(sets, end, preferred[end] ?? [], keep)
  for (const field of [
    'protocol',
    'tcpFlags',
    'icmpType',
    'icmpCode',
    'destinationPort',
    'sourcePort',
  ] as const) {
    const liked = sets.without(left, errors) === sets.none ? quotedFields : fields
    if (liked[field].some((value) => keep(sets.field(field, [[value, value]])))) continue
    bisect(sets, level[field], keep)
  }
  if (sets.without(left, errors) === sets.none)
    for (const at of addressLevels('quoted')) bisect(sets, at, keep)
  return left
}

function narrowAddress(
  sets: PacketSets,
  end: End,
  preferred: readonly Ip[],
  keep: (part: DiagramSet) => boolean,
): void {
  const list = (addresses: readonly Ip[]) =>
    sets.addresses(
      end,
      addresses.map(({ family, value }) => ({ family, value, length: family === 4 ? 32 : 128 })),
    )
  let candidates = preferred
  if (candidates.length > 0 && keep(list(candidates))) {
    while (candidates.length > 1) {
      const half = candidates.slice(0, Math.ceil(candidates.length / 2))
      const rest = candidates.slice(half.length)
      const inHalf = keep(list(half))
      if (!inHalf) keep(list(rest))
      candidates = inHalf ? half : rest
    }
    return
  }
  for (const at of addressLevels(end)) bisect(sets, at, keep)
}

/** Halves the numbers of a level until one is left. */
function bisect(sets: PacketSets, at: number, keep: (part: DiagramSet) => boolean): void {
  let [first, last]: Range = [0, highest[at] as number]
  while (first < last) {
    const middle = first + Math.floor((last - first) / 2)
    const low = sets.cut(at, [[first, middle]], everything) as DiagramSet
    if (keep(low)) last = middle
    else first = middle + 1
  }
  keep(sets.cut(at, [[first, first]], everything) as DiagramSet)
}

/** The packet of a set that has only one. */
export function packetOf(sets: PacketSets, packets: DiagramSet): IpHeaders {
  const tuple = new Array<number>(highest.length).fill(0)
  let at: number | undefined = packets
  while (at !== undefined && sets.levelOf(at as DiagramSet) !== undefined) {
    const found: readonly [Range, number] | undefined = sets
      .branches(at as DiagramSet)
      .find(([, child]) => child !== sets.none)
    tuple[sets.levelOf(at as DiagramSet) as number] = found?.[0][0] ?? 0
    at = found?.[1]
  }
  const number = (index: number) => tuple[index] as number
  const family: Family = number(level.family) === 0 ? 4 : 6
  const address = (end: Address) =>
    Ip(
      family,
      addressLevels(end).reduce((value, index) => (value << 32n) | BigInt(number(index)), 0n),
    )
  const ports = {
    sourcePort: number(level.sourcePort),
    destinationPort: number(level.destinationPort),
  }
  const packet: IpHeaders = {
    kind: 'ip',
    family,
    source: address('source'),
    destination: address('destination'),
    protocol: number(level.protocol),
    hopLimit: 64,
    ...ports,
    tcpFlags: number(level.tcpFlags),
    icmpType: number(level.icmpType),
    icmpCode: number(level.icmpCode),
  }
  if (packet.tcpFlags === 0 || !isIcmpError(packet)) return packet
  const quoted = {
    source: packet.destination,
    destination: address('quoted'),
    protocol: packet.tcpFlags,
    ...ports,
  }
  return { ...packet, tcpFlags: 0, sourcePort: 0, destinationPort: 0, quoted }
}
