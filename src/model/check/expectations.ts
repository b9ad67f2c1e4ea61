/** Checks expectations and exceptions for what can be said without a proof: names, contradictions, statements about nothing. */
import { type DiagnosticLog, type Path, type SourceRange, suggestion } from '../../file/index.ts'
import {
  type PortRange,
  type Prefix,
  prefixContains,
  prefixesOverlap,
  prefixFirst,
  prefixLast,
} from '../../net/index.ts'
import type { Exception, Expectation, TrafficClass } from '../expectation.ts'
import { failuresId, invariantIds } from '../invariant-ids.ts'
import type { Network } from '../network.ts'
import type { Resolution } from '../resolve/resolution.ts'

/** Reports an expectation that no packet is about: it would hold, and say nothing. @param parts classes of each site, or of all together */
export function checkMeant(
  parts: readonly (readonly TrafficClass[])[],
  network: Network,
  { at, log }: { at(...path: Path): SourceRange; readonly log: DiagnosticLog },
): void {
  const isThere = (prefixes: readonly Prefix[]): boolean => isSomewhere(network, prefixes)
  for (const end of ['from', 'to'] as const) {
    const others = parts.filter((classes) => classes.some((each) => isThere(each[end])))
    if (others.length > 0) continue
    log.report('GL2080', at(end), `nobody has an address of '${end}'`, {
      hint: 'name machines that there are',
    })
    return
  }
  const lone = parts.flat().map(({ from, to }) => loneMachine(network, [...from, ...to]))
  const [first] = lone
  if (first !== undefined && lone.every((id) => id === first)) {
    log.report(
      'GL2080',
      at('to'),
      `only '${first}' is meant at both ends, and a machine sends nothing to itself`,
      {
        hint: 'name others who send, or who are addressed',
      },
    )
    return
  }
  const both = parts.some((classes) => classes.some(({ from, to }) => isThere(from) && isThere(to)))
  if (!both)
    log.report('GL2080', at(), 'no site has both those who send and those who are addressed', {
      hint: "remove 'same-site', or the expectation",
    })
}

/** Whether there is a machine at one of the addresses, or any of them is outside. */
function isSomewhere({ nodes, internal }: Network, prefixes: readonly Prefix[]): boolean {
  if (prefixes.some((one) => !internal.some((inside) => prefixesOverlap(inside, one)))) return true
  if (prefixes.some((one) => one.length === 0)) return true
  return nodes.some(({ addresses }) =>
    addresses.some((address) => prefixes.some((one) => prefixContains(one, address))),
  )
}

/** The machine whose addresses these are; nothing if others have one, or somebody outside. */
function loneMachine({ nodes, internal }: Network, prefixes: readonly Prefix[]): string | undefined {
  const isInside = (one: Prefix): boolean =>
    one.length > 0 && internal.some((inside) => prefixesOverlap(inside, one))
  if (!prefixes.every(isInside)) return undefined
  let lone: string | undefined
  for (const { id, addresses } of nodes) {
    if (!addresses.some((address) => prefixes.some((one) => prefixContains(one, address)))) continue
    if (lone !== undefined) return undefined
    lone = id
  }
  return lone
}

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

/** Reports exceptions of nothing that is proven. */
export function checkExceptions(
  exceptions: readonly Exception[],
  expectations: readonly Expectation[],
  { log, valueAt }: Resolution,
): void {
  const ids = [...invariantIds, failuresId, ...expectations.map(({ id }) => id)]
  exceptions.forEach(({ of, from, to }, index) => {
    if (of === failuresId && (from ?? to))
      log.report(
        'GL2083',
        valueAt('exceptions', index, from ? 'from' : 'to'),
        `an element fails for everybody: '${from ? 'from' : 'to'}' narrows no exception of '${failuresId}'`,
        { hint: "leave it out, and name the element by 'at'" },
      )
    if (!ids.includes(of))
      log.report(
        'GL2083',
        valueAt('exceptions', index, 'of'),
        `no invariant or expectation is called '${of}'`,
        {
          hint: suggestion(of, ids, 'ids are'),
        },
      )
  })
}
