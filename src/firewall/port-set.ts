/** Sets of ports as lists of ranges. */
import { PortRange } from '../net/index.ts'

/** The same ports in the fewest ranges, ascending. */
export function mergePorts(ranges: readonly PortRange[]): PortRange[] {
  const merged: PortRange[] = []
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const last = merged.at(-1)
    if (last && range.first <= last.last + 1)
      merged.splice(-1, 1, PortRange(last.first, Math.max(last.last, range.last)))
    else merged.push(range)
  }
  return merged
}

/** The ports of `from` that are not in `minus`. */
export function subtractPorts(from: readonly PortRange[], minus: readonly PortRange[]): PortRange[] {
  return minus.reduce(
    (left, hole) =>
      left.flatMap((range) => [
        ...(range.first < hole.first ? [PortRange(range.first, Math.min(range.last, hole.first - 1))] : []),
        ...(range.last > hole.last ? [PortRange(Math.max(range.first, hole.last + 1), range.last)] : []),
      ]),
    mergePorts(from),
  )
}

/** The ports in both. */
export const intersectPorts = (a: readonly PortRange[], b: readonly PortRange[]): PortRange[] =>
  mergePorts(
    a.flatMap((x) =>
      b.flatMap((y) => {
        const [first, last] = [Math.max(x.first, y.first), Math.min(x.last, y.last)]
        return first <= last ? [PortRange(first, last)] : []
      }),
    ),
  )
