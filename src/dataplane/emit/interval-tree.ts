/**
 * Membership of a number in a set of intervals, as a tree of compare-and-branch instructions. No branch is emitted that
 * earlier ones already decide: the kernel's verifier pays for those by exploring the rest of the program.
 */
import type { Label, Operand, ProgramBuilder, Value } from '../../bpf/index.ts'

/** Inclusive; sorted by `first`, disjoint and not adjacent in a list. */
export interface Interval {
  readonly first: bigint
  readonly last: bigint
}

/** Sorts, merges what overlaps or touches. */
export function normalizeIntervals(intervals: readonly Interval[]): readonly Interval[] {
  const sorted = [...intervals].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
  const merged: { first: bigint; last: bigint }[] = []
  for (const { first, last } of sorted) {
    const previous = merged.at(-1)
    if (previous && first <= previous.last + 1n) {
      if (last > previous.last) previous.last = last
    } else merged.push({ first, last })
  }
  return merged
}

/** A leaf of the tree: an interval and where its members go on. */
export interface Leaf extends Interval {
  readonly hit: Label
}

/**
 * Jumps to the label of the leaf that holds `value`, or to `miss`. `value` is an unsigned number below 2^`bits`.
 * Every path ends in a jump.
 */
export function emitIntervalTree(
  b: ProgramBuilder,
  value: Value,
  bits: 16 | 32 | 64,
  leaves: readonly Leaf[],
  miss: Label,
): void {
  const max = (1n << BigInt(bits)) - 1n
  const compare = bits < 64 ? { lt: b.lt32.bind(b), gt: b.gt32.bind(b), ne: b.ne32.bind(b) } : b
  const operand = (n: bigint): Operand => (bits < 64 ? Number(n) : n)

  /** `low`–`high`: what is known of the value here. */
  const branch = (from: number, to: number, low: bigint, high: bigint): void => {
    if (from === to) return b.jump(miss)
    const middle = (from + to) >> 1
    const { first, last, hit } = leaves[middle] as Leaf
    if (from + 1 === to) {
      if (first === last && low < first && last < high) b.jumpIf(compare.ne(value, operand(first)), miss)
      else {
        if (low < first) b.jumpIf(compare.lt(value, operand(first)), miss)
        if (last < high) b.jumpIf(compare.gt(value, operand(last)), miss)
      }
      return b.jump(hit)
    }
    const left = b.label('left')
    b.jumpIf(compare.lt(value, operand(first)), left)
    branch(middle, to, first, high)
    b.place(left)
    branch(from, middle, low, first - 1n)
  }

  branch(0, leaves.length, 0n, max)
}
