/** A rule's condition as code: falls through if it holds, jumps to a label if it does not. */
import type { Label, MapSpec, ProgramBuilder, StackSlot, Value } from '../../bpf/index.ts'
import { hostServices } from '../../model/index.ts'
import {
  type Family,
  familyBits,
  hostPrefix,
  type Ip,
  icmpOf,
  type PortRange,
  type Prefix,
  Protocol,
  prefix,
  prefixCovers,
  prefixEquals,
} from '../../net/index.ts'
import type { Match } from '../../policy/index.ts'
import { setKey, setNumber } from '../address-sets.ts'
import { type AddressValue, emitAddressSet } from './address-set.ts'
import type { Frame } from './frame.ts'
import { emitIntervalTree, normalizeIntervals } from './interval-tree.ts'
import { at, type Parsed } from './parse.ts'

/** A parsed packet with its fields in host order, each loaded where the point first needs it. */
export interface Fields {
  readonly parsed: Parsed
  readonly source: AddressValue
  readonly destination: AddressValue
  readonly sourcePort: Value
  readonly destinationPort: Value
  /** Addresses of the machine behind the filter. */
  readonly behind: readonly Ip[]
  readonly sets: AddressSets | undefined
}

/** Sets of addresses that are data. */
export interface AddressSets {
  readonly lists: readonly (readonly Prefix[])[]
  readonly maps: Readonly<Record<Family, MapSpec>>
  /** Memory for a key of either family. */
  readonly key: StackSlot
}

/** Loads those fields of a packet that some of the matches ask about. */
export function emitFields(
  b: ProgramBuilder,
  frame: Frame,
  parsed: Parsed,
  matches: readonly Match[],
  behind: readonly Ip[],
  sets?: AddressSets,
): Fields {
  const asks = (key: keyof Match): boolean => matches.some((match) => match[key] !== undefined)
  const { family, ports } = parsed
  const { source, destination } = at[family]
  const unused = parsed.protocol
  const address = (wanted: boolean, offset: number): AddressValue => {
    if (family === 4)
      return { family, value: wanted ? b.bigEndian(b.load(4, frame.data, offset), 32) : unused }
    return {
      family,
      high: wanted ? b.bigEndian(b.load(8, frame.data, offset), 64) : unused,
      low: wanted ? b.bigEndian(b.load(8, frame.data, offset + 8), 64) : unused,
    }
  }
  return {
    parsed,
    source: address(asks('source'), source),
    destination: address(asks('destination'), destination),
    sourcePort: asks('sourcePorts') ? b.bigEndian(ports, 16) : unused,
    destinationPort: asks('destinationPorts') ? b.bigEndian(b.shr(ports, 16), 16) : unused,
    behind,
    sets,
  }
}

/** The fields of a packet that goes the other way between the same ends. */
export const mirrored = (fields: Fields): Fields => ({
  ...fields,
  source: fields.destination,
  destination: fields.source,
  sourcePort: fields.destinationPort,
  destinationPort: fields.sourcePort,
})

/** A match that asks of a packet what another asks of {@link mirrored} ones. */
export function mirroredMatch({ source, destination, sourcePorts, destinationPorts, ...rest }: Match): Match {
  return {
    ...rest,
    ...(destination && { source: destination }),
    ...(source && { destination: source }),
    ...(destinationPorts && { sourcePorts: destinationPorts }),
    ...(sourcePorts && { destinationPorts: sourcePorts }),
  }
}

/** Whether a rule can match any packet of a family at all. */
export function appliesTo(match: Match, family: Family): boolean {
  const holdsSome = (prefixes: readonly Prefix[] | undefined) =>
    prefixes === undefined || prefixes.some((p) => p.family === family)
  const ports = [match.sourcePorts, match.destinationPorts]
  const icmp = match.icmpType !== undefined || match.icmpCode !== undefined
  return (
    (match.family ?? family) === family &&
    holdsSome(match.source) &&
    holdsSome(match.destination) &&
    ports.every((ranges) => ranges === undefined || ranges.length > 0) &&
    // ICMP of the other family is malformed before any rule is asked.
    match.protocol !== (family === 4 ? Protocol.icmp6 : Protocol.icmp) &&
    (!icmp || match.protocol === icmpOf(family))
  )
}

/** Emits the test; the match must apply to the packet's family. */
export function emitMatch(b: ProgramBuilder, fields: Fields, match: Match, miss: Label): void {
  const { parsed } = fields
  if (match.protocol !== undefined) b.jumpIf(b.ne(parsed.protocol, match.protocol), miss)
  if (match.tcpFlags) {
    const { mask, value } = match.tcpFlags
    if (mask !== 0) b.jumpIf(b.ne(b.and(parsed.detail, mask), value), miss)
  }
  if (match.icmpType !== undefined) b.jumpIf(b.ne(b.and(parsed.detail, 0xff), match.icmpType), miss)
  if (match.icmpCode !== undefined) b.jumpIf(b.ne(b.shr(parsed.detail, 8), match.icmpCode), miss)
  if (match.destinationPorts) emitPorts(b, fields.destinationPort, match.destinationPorts, miss)
  if (match.sourcePorts) emitPorts(b, fields.sourcePort, match.sourcePorts, miss)
  if (match.destination) emitIn(b, fields, 'destination', match.destination, miss)
  if (match.source) emitIn(b, fields, 'source', match.source, miss)
}

function emitIn(
  b: ProgramBuilder,
  fields: Fields,
  end: 'source' | 'destination',
  prefixes: readonly Prefix[],
  miss: Label,
): void {
  const { behind, sets } = fields
  const address = fields[end]
  const set = sets?.lists.indexOf(prefixes) ?? -1
  if (sets && set >= 0) return emitInSet(b, address, sets, set, miss)
  const { own, others } = splitOwn(
    prefixes.filter((p) => p.family === address.family),
    behind,
  )
  if (others.some((p) => p.length === 0)) return
  const hit = b.label('in')
  if (own) {
    const foreign = b.label('foreign')
    emitOwn(b, address, others.length === 0 ? miss : foreign)
    b.jump(hit)
    b.place(foreign)
  }
  if (!own || others.length > 0) emitAddressSet(b, address, others, hit, miss)
  b.place(hit)
}

/** Falls through if the address is in the n-th of the point's sets. */
function emitInSet(
  b: ProgramBuilder,
  address: AddressValue,
  { maps, key }: AddressSets,
  set: number,
  miss: Label,
): void {
  const layout = setKey[address.family]
  b.store(4, key, layout.set, b.parameter(setNumber(set)))
  if (address.family === 4) b.store(4, key, layout.address, b.bigEndian(address.value, 32))
  else
    [address.high, address.low].forEach((half, index) => {
      const wire = b.bigEndian(half, 64)
      b.store(4, key, layout.address + 8 * index, wire)
      b.store(4, key, layout.address + 8 * index + 4, b.shr(wire, 32))
    })
  b.jumpIf(b.eq(b.mapLookup(maps[address.family], key), 0), miss)
}

/** Parameters: the address behind the filter, in host order; of IPv6 its two halves. */
export const ownAddress = { 4: 'own-ipv4', 6: { high: 'own-ipv6-high', low: 'own-ipv6-low' } } as const

/** Falls through if the address is that of the machine behind the filter. */
function emitOwn(b: ProgramBuilder, address: AddressValue, miss: Label): void {
  if (address.family === 4) return b.jumpIf(b.ne(address.value, b.parameter(ownAddress[4])), miss)
  b.jumpIf(b.ne(address.low, b.parameter(ownAddress[6].low)), miss)
  b.jumpIf(b.ne(address.high, b.parameter(ownAddress[6].high)), miss)
}

/**
 * Of prefixes of one family: whether the address behind the filter is to be compared as a parameter, and what remains. It is where
 * nothing but prefixes shorter than an address, or addresses that are the same on all hosts, stands beside it; in a list of
 * machines it is one among others, the same for all.
 */
export function splitOwn(
  prefixes: readonly Prefix[],
  behind: readonly Ip[],
): { readonly own: boolean; readonly others: readonly Prefix[] } {
  const others = prefixes.filter((p) => !behind.some((address) => prefixEquals(hostPrefix(address), p)))
  const own =
    others.length < prefixes.length &&
    others.every((p) => p.length < familyBits(p.family) || isSameEverywhere(p))
  return own ? { own, others } : { own, others: prefixes }
}

/** Services of hosts, and link-local addresses, which no machine has as its own (RFC 3927). */
const sameEverywhere = [
  prefix('169.254.0.0/16'),
  ...hostServices.flatMap(({ addresses }) => addresses.map(hostPrefix)),
]

const isSameEverywhere = (p: Prefix): boolean => sameEverywhere.some((known) => prefixCovers(known, p))

function emitPorts(b: ProgramBuilder, port: Value, ranges: readonly PortRange[], miss: Label): void {
  const intervals = normalizeIntervals(
    ranges.map(({ first, last }) => ({ first: BigInt(first), last: BigInt(last) })),
  )
  if (intervals[0]?.first === 0n && intervals[0].last === 0xffffn) return
  const hit = b.label('in')
  emitIntervalTree(
    b,
    port,
    16,
    intervals.map((interval) => ({ ...interval, hit })),
    miss,
  )
  b.place(hit)
}
