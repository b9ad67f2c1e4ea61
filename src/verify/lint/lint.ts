/**
 * What of the rules that people wrote is of no use, or says what was hardly meant. A line of a file may become many rules at many points: it is found only if
 * all of them are as is said of it.
 */
import { formatSource } from '../../file/index.ts'
import { type Network, nodeById, virtualEndpoints } from '../../model/index.ts'
import { formatIp } from '../../net/index.ts'
import {
  formatOrigin,
  isWritten,
  lineOf,
  type Point,
  type Policy,
  type Rule,
  type RulePlace,
} from '../../policy/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import { Proof } from '../invariants/index.ts'
import { type Preferred, typicalPacket } from '../packets/index.ts'
import { Arriving } from './arriving.ts'
import { conflictsOf } from './conflicts.ts'
import { fatesOf } from './fates.ts'
import { type Lasting, lastingOf } from './lasting.ts'
import { type Region, Regions } from './regions.ts'
import { shadowedAmong } from './shadow.ts'
import { deafPorts } from './too-wide.ts'

export type FindingKind =
  /** It decides about no packet: earlier rules take all that it matches. */
  | 'shadowed'
  /** Without it every packet would be judged as it is now. */
  | 'redundant'
  /** No packet that it would decide about can come to it in this network. */
  | 'unreachable'
  /** It and another say the opposite of packets that both match, and neither is an exception to the other: their order decides. */
  | 'contradictory'
  /** It lets machines hear at ports where nothing listens. */
  | 'over-broad'

export interface Finding {
  readonly kind: FindingKind
  /** A rule that came of the line. */
  readonly place: RulePlace
  /** Points at which it stands. */
  readonly points: readonly string[]
  /** Rules that cause it, at the first point. */
  readonly by: readonly RulePlace[]
  /** A packet that shows it: of rules that contradict each other, one that both match; of one that is over-broad, one that is heard by nobody. */
  readonly packet?: IpHeaders
  /** Of one that is over-broad: ports, as `tcp 81-442`. */
  readonly ports?: readonly string[]
  /** Why the line is not to be removed, though the rule is shadowed. */
  readonly lasting?: Lasting
}

export interface LintResult {
  readonly findings: readonly Finding[]
  /** Lines that were looked at. */
  readonly lines: number
  /** Points whose rules are too intricate to be judged. */
  readonly unjudged: readonly string[]
}

interface Instance {
  readonly region: Region
  readonly found: Finding['kind'] | undefined
  readonly by: readonly RulePlace[]
  readonly ports?: readonly string[]
  readonly packet?: IpHeaders
  readonly lasting?: Lasting | undefined
}

/** @param progress hears of each point that is looked at */
export function lint(
  network: Network,
  policy: Policy,
  progress: (done: number, total: number) => void = () => {},
): LintResult {
  const proof = new Proof(network, policy)
  const { sets } = proof
  const regions = new Regions(sets)
  const lines = new Map<string, Instance[]>()
  const pairs = new Map<string, Finding>()
  const unjudged: string[] = []
  let arriving: Arriving | undefined
  for (const [done, point] of policy.points.entries()) {
    progress(done, policy.points.length)
    if (
      !point.tiers.some((tier) => tier.kind === 'rules' && tier.rules.some(({ origin }) => isWritten(origin)))
    )
      continue
    const all = regions.of(point)
    const fates = all && fatesOf(sets, point)
    if (!all || !fates) {
      unjudged.push(point.id)
      continue
    }
    const shadowed = new Map(shadowedAmong(sets, all).map(({ place, by }) => [place.rule, by]))
    const isIdle = (rule: Rule): boolean => shadowed.has(rule)
    for (const [index, region] of all.entries()) {
      const { place, hit } = region
      if (!region.listed || !isWritten(place.rule.origin)) continue
      const put = (instance: Omit<Instance, 'region'>): void => {
        const key = lineText(place)
        lines.set(key, [...(lines.get(key) ?? []), { region, ...instance }])
      }
      const covering = shadowed.get(place.rule)
      if (covering) {
        // What a guest may send beside its rules is said for every guest, written or not.
        const found = place.rule.id === 'guest/outbound' ? undefined : 'shadowed'
        put({ found, by: covering, lasting: lastingOf(place, isIdle) })
        continue
      }
      const fate = fates.get(place.rule)
      if (fate && sets.mask(hit, fate.own) === sets.mask(hit, fate.without)) {
        const by = heirs(region, all.slice(index + 1))
        // What says in so many words what the default does is no mistake, and a declaration says more than its rule.
        const isTold = by.length > 0 || place.rule.action !== 'deny'
        // Of two rules that say the same the later one is told, as shadowed: both may not go.
        const isDouble = by.length > 0 && by.every((heir) => shadowed.has(heir.rule))
        put({ found: isTold && !isDouble && !lastingOf(place, isIdle) ? 'redundant' : undefined, by })
        continue
      }
      arriving ??= new Arriving(proof)
      const coming = arriving.at(point)
      if (sets.mask(coming, hit) === sets.none) {
        put({ found: 'unreachable', by: [] })
        continue
      }
      const wide = deafPorts(proof, point, region)
      put(wide ? { found: 'over-broad', by: [], ...wide } : { found: undefined, by: [] })
    }
    for (const { first, second, packets } of conflictsOf(sets, all)) {
      const key = `${lineText(first.place)} ${lineText(second.place)}`
      const known = pairs.get(key)
      pairs.set(key, {
        kind: 'contradictory',
        place: second.place,
        by: [first.place],
        points: [...(known?.points ?? []), point.id],
        packet: known?.packet ?? typicalPacket(sets, packets, preferred(network, point)),
      })
    }
  }
  return {
    findings: [...Array.from(lines.values(), ofLine).flatMap((found) => found ?? []), ...pairs.values()],
    lines: lines.size,
    unjudged,
  }

  /** Rules further on that say the same of its packets; none: the default does. */
  function heirs({ hit, place }: Region, later: readonly Region[]): readonly RulePlace[] {
    return later
      .filter((other) => other.takes && other.place.rule.action === place.rule.action)
      .filter((other) => sets.mask(hit, other.matched) !== sets.none)
      .map((other) => other.place)
  }
}

/** The line behind a rule, as text. */
function lineText({ rule: { origin } }: RulePlace): string {
  const line = lineOf(origin)
  return line ? formatSource(line) : formatOrigin(origin)
}

/** Between machines that there are, to or from those that the point stands before; to VIPs rather than to others. */
function preferred(network: Network, { node, behind = [], direction, flow }: Point): Preferred {
  const { nodes } = network
  const all = nodes.flatMap(({ addresses }) => addresses)
  const own = [...behind, ...(nodeById(network, node)?.addresses ?? [])]
  if (flow?.heading === 'from-local') return { source: [...own, ...all], destination: all }
  if (!flow && direction === 'out') return { source: all, destination: all }
  const vips = virtualEndpoints(network).map(({ vip }) => vip)
  const mine = new Set(own.map(formatIp))
  const others = all.filter((address) => !mine.has(formatIp(address)))
  return { source: others, destination: [...own, ...vips, ...all] }
}

/** What is said of a line: the least that holds of all its rules. */
function ofLine(instances: readonly Instance[]): Finding | undefined {
  const kinds = new Set(instances.map(({ found }) => found))
  const kind = weakest.find((each) => kinds.has(each))
  if (kinds.has(undefined) || kind === undefined) return undefined
  if (kinds.has('over-broad') && kinds.size > 1) return undefined
  const shown = instances.find(({ found }) => found === kind) as Instance
  const lasting = kind === 'shadowed' ? shown.lasting : undefined
  return {
    kind,
    place: shown.region.place,
    points: [...new Set(instances.map(({ region }) => region.place.point.id))],
    by: shown.by,
    ...(shown.packet && { packet: shown.packet }),
    ...(shown.ports && { ports: shown.ports }),
    ...(lasting && { lasting }),
  }
}

const weakest = ['over-broad', 'unreachable', 'redundant', 'shadowed'] as const
