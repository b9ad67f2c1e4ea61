/** Checks expectations among each other: names, contradictions. */
import { type PortRange, type Prefix, prefixFirst, prefixLast } from '../../net/index.ts'
import type { Expectation, TrafficClass } from '../expectation.ts'
import type { Resolution } from '../resolve/resolution.ts'

/** Reports two expectations of one name, and those that cannot both hold. */
export function checkExpectations(
  expectations: readonly Expectation[],
  { log }: Pick<Resolution, 'log'>,
): void {
  const names = new Map<string, Expectation>()
  for (const each of expectations) {
    const first = names.get(each.id)
    if (first)
      log.report('GL2081', each.at, `there are two expectations '${each.id}'`, {
        hint: 'give it another name',
        related: [{ message: 'the first is here', at: first.at }],
      })
    else names.set(each.id, each)
  }
  const overlap = RangeOverlap()
  const allowing = expectations.filter(({ verdict }) => verdict === 'allow')
  for (const denying of expectations) {
    if (denying.verdict !== 'deny') continue
    const other = allowing.find(({ classes }) =>
      classes.some((a) => denying.classes.some((b) => sharePacket(a, b, overlap))),
    )
    if (other)
      log.report('GL2082', denying.at, `'${denying.text}' is denied here, and part of it allowed elsewhere`, {
        hint: 'narrow one of them: both cannot hold',
        related: [{ message: `'${other.text}' is allowed here`, at: other.at }],
      })
  }
}

type Overlap = (a: readonly Prefix[], b: readonly Prefix[]) => boolean

const sharePacket = (a: TrafficClass, b: TrafficClass, overlap: Overlap): boolean =>
  (a.protocol === undefined || b.protocol === undefined || a.protocol === b.protocol) &&
  (!a.ports ||
    !b.ports ||
    a.ports.some((one) => (b.ports as readonly PortRange[]).some((two) => meet(one, two)))) &&
  overlap(a.from, b.from) &&
  overlap(a.to, b.to)

const meet = (a: PortRange, b: PortRange): boolean => a.first <= b.last && b.first <= a.last

/** Whether two lists share an address; lists are sorted once. */
function RangeOverlap(): Overlap {
  const sorted = new WeakMap<readonly Prefix[], readonly (readonly [bigint, bigint])[]>()
  const rangesOf = (prefixes: readonly Prefix[]) => {
    const known = sorted.get(prefixes)
    if (known) return known
    // IPv6 lies behind IPv4.
    const made = prefixes
      .map((one): readonly [bigint, bigint] => {
        const base = one.family === 4 ? 0n : 1n << 128n
        return [base + prefixFirst(one).value, base + prefixLast(one).value]
      })
      .sort(([x], [y]) => (x < y ? -1 : x > y ? 1 : 0))
    sorted.set(prefixes, made)
    return made
  }
  return (one, two) => {
    const [a, b] = [rangesOf(one), rangesOf(two)]
    let [i, j] = [0, 0]
    while (i < a.length && j < b.length) {
      const [x, y] = [a[i] as readonly [bigint, bigint], b[j] as readonly [bigint, bigint]]
      if (x[0] <= y[1] && y[0] <= x[1]) return true
      if (x[1] < y[1]) i++
      else j++
    }
    return false
  }
}
