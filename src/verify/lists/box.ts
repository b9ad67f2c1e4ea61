/**
 * Sets of packet headers as boxes: in each dimension a range, of TCP flags a set. A match is a union of boxes; what one box leaves of
 * another is a few boxes. All is exact.
 */
import { type Family, type Prefix, prefixFirst, prefixLast } from '../../net/index.ts'
import type { Match } from '../../policy/index.ts'

/** Inclusive ends. Addresses of both families do not share numbers: a box is of one family. */
type Range = readonly [first: bigint, last: bigint]

export const dimensions = [
  'source',
  'destination',
  'protocol',
  'sourcePort',
  'destinationPort',
  'icmpType',
  'icmpCode',
] as const

type Dimension = (typeof dimensions)[number]

export interface Box extends Readonly<Record<Dimension, Range>> {
  readonly family: Family
  /** Bit n: packets whose TCP flags are n. */
  readonly flags: bigint
}

const byte: Range = [0n, 255n]
const port: Range = [0n, 65_535n]
const allFlags = (1n << 256n) - 1n
const families = [4, 6] as const

/** Every packet of a family. */
export const everything = (family: Family): Box => ({
  family,
  source: addresses(family),
  destination: addresses(family),
  protocol: byte,
  sourcePort: port,
  destinationPort: port,
  icmpType: byte,
  icmpCode: byte,
  flags: allFlags,
})

const addresses = (family: Family): Range => [0n, (1n << (family === 4 ? 32n : 128n)) - 1n]

/** Conditions that this file knows. A match with others holds for no more packets than its boxes have, maybe for fewer. */
const known: ReadonlySet<string> = new Set<keyof Match>([
  'family',
  'source',
  'destination',
  'protocol',
  'sourcePorts',
  'destinationPorts',
  'tcpFlags',
  'icmpType',
  'icmpCode',
])

/** Whether {@link boxesOf} is exactly the match. */
export const isExact = (match: Match): boolean =>
  Object.entries(match).every(([key, value]) => value === undefined || known.has(key))

/** The packets that a match holds for. */
export function boxesOf(match: Match): readonly Box[] {
  return families
    .filter((family) => match.family === undefined || match.family === family)
    .flatMap((family) => {
      let boxes: readonly Box[] = [
        {
          ...everything(family),
          ...(match.protocol === undefined ? {} : { protocol: one(match.protocol) }),
          ...(match.icmpType === undefined ? {} : { icmpType: one(match.icmpType) }),
          ...(match.icmpCode === undefined ? {} : { icmpCode: one(match.icmpCode) }),
          ...(match.tcpFlags === undefined ? {} : { flags: flagSet(match.tcpFlags) }),
        },
      ]
      const spread = (dimension: Dimension, ranges: readonly Range[] | undefined): void => {
        if (ranges) boxes = boxes.flatMap((box) => ranges.map((range) => ({ ...box, [dimension]: range })))
      }
      spread('source', rangesOf(match.source, family))
      spread('destination', rangesOf(match.destination, family))
      spread(
        'sourcePort',
        match.sourcePorts?.map(({ first, last }) => [BigInt(first), BigInt(last)]),
      )
      spread(
        'destinationPort',
        match.destinationPorts?.map(({ first, last }) => [BigInt(first), BigInt(last)]),
      )
      return boxes
    })
}

const one = (value: number): Range => [BigInt(value), BigInt(value)]

const rangesOf = (prefixes: readonly Prefix[] | undefined, family: Family): readonly Range[] | undefined =>
  prefixes
    ?.filter((prefix) => prefix.family === family)
    .map((prefix) => [prefixFirst(prefix).value, prefixLast(prefix).value])

function flagSet({ mask, value }: { readonly mask: number; readonly value: number }): bigint {
  let set = 0n
  for (let flags = 0; flags < 256; flags++) if ((flags & mask) === value) set |= 1n << BigInt(flags)
  return set
}

/** What both have; `undefined`: nothing. */
export function intersect(a: Box, b: Box): Box | undefined {
  if (a.family !== b.family) return undefined
  const flags = a.flags & b.flags
  if (flags === 0n) return undefined
  for (const dimension of dimensions)
    if (a[dimension][0] > b[dimension][1] || b[dimension][0] > a[dimension][1]) return undefined
  const ranges: Partial<Record<Dimension, Range>> = {}
  for (const dimension of dimensions) {
    const first = later(a[dimension][0], b[dimension][0])
    ranges[dimension] = [first, earlier(a[dimension][1], b[dimension][1])]
  }
  return { ...(ranges as Record<Dimension, Range>), family: a.family, flags }
}

/** What `a` has and `b` has not, as boxes that share no packet. */
export function subtract(a: Box, b: Box): readonly Box[] {
  const common = intersect(a, b)
  if (!common) return [a]
  const rest: Box[] = []
  let left = a
  for (const dimension of dimensions) {
    const [first, last] = left[dimension]
    const [from, to] = common[dimension]
    if (first < from) rest.push({ ...left, [dimension]: [first, from - 1n] })
    if (to < last) rest.push({ ...left, [dimension]: [to + 1n, last] })
    left = { ...left, [dimension]: [from, to] }
  }
  const flags = left.flags & ~common.flags
  return flags === 0n ? rest : [...rest, { ...left, flags }]
}

const later = (a: bigint, b: bigint): bigint => (b > a ? b : a)
const earlier = (a: bigint, b: bigint): bigint => (b < a ? b : a)
