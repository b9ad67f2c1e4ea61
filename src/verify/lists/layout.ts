/**
 * Header boxes as rows of 32-bit numbers, one row for a box of one family: of each dimension its first and last number, then TCP flags as
 * mask and value (`(flags & mask) === value`). An IPv4 address is one dimension, an IPv6 address four, most significant word first.
 *
 * The words of an address are a contiguous range of addresses in every row: a word that is not a single number is followed by
 * words that are unlimited. Rows are cut only in such a way that this stays so.
 */
import type { Family, Prefix } from '../../net/index.ts'
import type { Match } from '../../policy/index.ts'
import type { Box } from './box.ts'

export interface Layout {
  readonly family: Family
  /** Words of an address. */
  readonly words: 1 | 4
  /** Dimensions that are ranges. */
  readonly ranges: number
  /** Numbers in a row: two for each range, then mask and value of the TCP flags. */
  readonly stride: number
  /** Place of a field's range among the ranges. An address begins there. */
  readonly place: Readonly<Record<Field, number>>
  /** Highest number of each range. */
  readonly highest: readonly number[]
  /**
   * Of a word of an address that is not its first: the range before it, which must be a single number for this one to be cut. Of others −1.
   */
  readonly after: readonly number[]
  /** The row that holds every header. */
  readonly full: Uint32Array
}

type Field =
  | 'destination'
  | 'source'
  | 'protocol'
  | 'icmpType'
  | 'icmpCode'
  | 'destinationPort'
  | 'sourcePort'

const [byte, port, word] = [0xff, 0xffff, 0xffff_ffff]
const small = ['protocol', 'icmpType', 'icmpCode', 'destinationPort', 'sourcePort'] as const

function layoutFor(family: Family): Layout {
  const words = family === 4 ? 1 : 4
  const ranges = 2 * words + small.length
  const highest = [...Array<number>(2 * words).fill(word), byte, byte, byte, port, port]
  const full = new Uint32Array(2 * ranges + 2)
  highest.forEach((last, at) => {
    full[2 * at + 1] = last
  })
  const place = Object.fromEntries(small.map((field, at) => [field, 2 * words + at])) as Record<Field, number>
  return {
    family,
    words,
    ranges,
    stride: 2 * ranges + 2,
    place: { ...place, destination: 0, source: words },
    highest,
    after: highest.map((_, at) => (at < 2 * words && at % words > 0 ? at - 1 : -1)),
    full,
  }
}

export const layouts: Readonly<Record<Family, Layout>> = { 4: layoutFor(4), 6: layoutFor(6) }

/** The rows of a match: together they hold the headers that it holds for. They may overlap. */
export function rowsOf(layout: Layout, match: Match): readonly Uint32Array[] {
  if (match.family !== undefined && match.family !== layout.family) return []
  const row = layout.full.slice()
  const set = (field: Field, first: number, last: number): void => {
    row[2 * layout.place[field]] = first
    row[2 * layout.place[field] + 1] = last
  }
  for (const field of ['protocol', 'icmpType', 'icmpCode'] as const) {
    const value = match[field]
    if (value !== undefined) set(field, value, value)
  }
  if (match.tcpFlags) {
    const { mask, value } = match.tcpFlags
    if ((value & ~mask) !== 0) return []
    row[2 * layout.ranges] = mask
    row[2 * layout.ranges + 1] = value
  }
  let rows: Uint32Array[] = [row]
  for (const field of ['source', 'destination'] as const)
    rows = spread(rows, match[field], (at, prefix) => {
      if (prefix.family !== layout.family) return false
      writePrefix(layout, at, layout.place[field], prefix)
      return true
    })
  for (const [field, ranges] of [
    ['sourcePort', match.sourcePorts],
    ['destinationPort', match.destinationPorts],
  ] as const)
    rows = spread(rows, ranges, (at, { first, last }) => {
      at[2 * layout.place[field]] = first
      at[2 * layout.place[field] + 1] = last
      return true
    })
  return rows
}

/**
 * Rows with each of the values written into each of them; as they are, if there are no values to choose from. Most rules have one.
 * @param write false: the value is not for these rows
 */
function spread<T>(
  rows: Uint32Array[],
  values: readonly T[] | undefined,
  write: (row: Uint32Array, value: T) => boolean,
): Uint32Array[] {
  if (!values) return rows
  if (rows.length === 1 && values.length === 1)
    return write(rows[0] as Uint32Array, values[0] as T) ? rows : []
  const made: Uint32Array[] = []
  for (const row of rows)
    for (const value of values) {
      const copy = row.slice()
      if (write(copy, value)) made.push(copy)
    }
  return made
}

function writePrefix({ words }: Layout, row: Uint32Array, place: number, { value, length }: Prefix): void {
  for (let at = 0; at < words; at++) {
    const bits = Math.min(32, Math.max(0, length - 32 * at))
    const first =
      words === 1 ? Number(value) : Number((value >> BigInt(32 * (words - 1 - at))) & 0xffff_ffffn)
    row[2 * (place + at)] = first
    row[2 * (place + at) + 1] = first + 2 ** (32 - bits) - 1
  }
}

/** A row, part of an array, as a box. */
export function boxOfRow(layout: Layout, row: ArrayLike<number>, base = 0): Box {
  const range = (field: Field): readonly [bigint, bigint] => {
    const at = base + 2 * layout.place[field]
    return [BigInt(row[at] as number), BigInt(row[at + 1] as number)]
  }
  const address = (field: 'source' | 'destination'): readonly [bigint, bigint] => {
    let [first, last] = [0n, 0n]
    for (let at = 0; at < layout.words; at++) {
      const place = base + 2 * (layout.place[field] + at)
      first = (first << 32n) | BigInt(row[place] as number)
      last = (last << 32n) | BigInt(row[place + 1] as number)
    }
    return [first, last]
  }
  return {
    family: layout.family,
    source: address('source'),
    destination: address('destination'),
    protocol: range('protocol'),
    icmpType: range('icmpType'),
    icmpCode: range('icmpCode'),
    sourcePort: range('sourcePort'),
    destinationPort: range('destinationPort'),
    flags: flagSet(row[base + 2 * layout.ranges] as number, row[base + 2 * layout.ranges + 1] as number),
  }
}

const flagSets = new Map<number, bigint>()

/** Bit n: flags n are in it. */
function flagSet(mask: number, value: number): bigint {
  const key = (mask << 8) | value
  const known = flagSets.get(key)
  if (known !== undefined) return known
  let set = 0n
  for (let flags = 0; flags < 256; flags++) if ((flags & mask) === value) set |= 1n << BigInt(flags)
  flagSets.set(key, set)
  return set
}
