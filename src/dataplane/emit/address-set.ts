/** Membership of an address in a set of prefixes. IPv4 is one 32-bit tree; IPv6 a tree over the upper half, then the lower. */
import type { Label, ProgramBuilder, Value } from '../../bpf/index.ts'
import { type Family, type Prefix, prefixFirst, prefixLast } from '../../net/index.ts'
import { emitIntervalTree, type Interval, type Leaf, normalizeIntervals } from './interval-tree.ts'

/** An address in host byte order: one 32-bit value, or two 64-bit halves. */
export type AddressValue =
  | { readonly family: 4; readonly value: Value }
  | { readonly family: 6; readonly high: Value; readonly low: Value }

/** Jumps to `hit` if any of the prefixes holds the address, else to `miss`. Prefixes of the other family do not count. */
export function emitAddressSet(
  b: ProgramBuilder,
  address: AddressValue,
  prefixes: readonly Prefix[],
  hit: Label,
  miss: Label,
): void {
  const intervals = intervalsOf(prefixes, address.family)
  if (address.family === 4) {
    const leaves = intervals.map((interval): Leaf => ({ ...interval, hit }))
    emitIntervalTree(b, address.value, 32, leaves, miss)
    return
  }
  const rows = rowsOf(intervals)
  const partial: { label: Label; lows: readonly Interval[] }[] = []
  const leaves = rows.map(({ first, last, lows }): Leaf => {
    if (!lows) return { first, last, hit }
    const label = b.label('low')
    partial.push({ label, lows })
    return { first, last, hit: label }
  })
  emitIntervalTree(b, address.high, 64, leaves, miss)
  for (const { label, lows } of partial) {
    b.place(label)
    const lowLeaves = lows.map((interval): Leaf => ({ ...interval, hit }))
    emitIntervalTree(b, address.low, 64, lowLeaves, miss)
  }
}

function intervalsOf(prefixes: readonly Prefix[], family: Family): readonly Interval[] {
  return normalizeIntervals(
    prefixes
      .filter((p) => p.family === family)
      .map((p) => ({ first: prefixFirst(p).value, last: prefixLast(p).value })),
  )
}

const half = (1n << 64n) - 1n

interface Row extends Interval {
  /** Of the lower half; absent: all of it. */
  readonly lows?: readonly Interval[]
}

/** Intervals of 128 bits as rows of upper halves, each with the lower halves it holds. */
function rowsOf(intervals: readonly Interval[]): readonly Row[] {
  const full: Interval[] = []
  const partial = new Map<bigint, Interval[]>()
  const addPartial = (high: bigint, first: bigint, last: bigint): void => {
    const lows = partial.get(high) ?? []
    lows.push({ first, last })
    partial.set(high, lows)
  }
  for (const { first, last } of intervals) {
    const [top, bottom] = [first >> 64n, last >> 64n]
    const [low, high] = [first & half, last & half]
    if (top === bottom && (low > 0n || high < half)) {
      addPartial(top, low, high)
      continue
    }
    if (low > 0n) addPartial(top, low, half)
    if (high < half) addPartial(bottom, 0n, high)
    const [from, to] = [low > 0n ? top + 1n : top, high < half ? bottom - 1n : bottom]
    if (from <= to) full.push({ first: from, last: to })
  }
  const rows: Row[] = [...normalizeIntervals(full)]
  for (const [high, lows] of partial) rows.push({ first: high, last: high, lows })
  return rows.sort((a, b) => (a.first < b.first ? -1 : 1))
}
