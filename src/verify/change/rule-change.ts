/** Rules that one network has and the other does not, or in other words; and whether that makes a difference where they stand. */
import { formatSource } from '../../file/index.ts'
import {
  formatOrigin,
  meaningsOf,
  type Point,
  type Rule,
  type RuleMeaning,
  type RulePlace,
} from '../../policy/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { openings, type PacketSets } from '../packets/index.ts'
import type { PointDecisions } from '../points/index.ts'
import type { Sides } from './cells.ts'
import type { Shared } from './side.ts'

export interface RuleChange {
  /** `moved`: it says the same, and is asked before or after others than it was. */
  readonly kind: 'added' | 'removed' | 'changed' | 'moved'
  /** One of those that changed alike: of the later network, but for `removed`. */
  readonly rule: RulePlace
  /** Ids of the points at which it did. */
  readonly points: readonly string[]
  /**
   * - `none`: every packet that it decides about has the same verdict at its point in both networks.
   * - `answers`: not so at some point, but only of packets that open nothing: answers, and ICMP errors.
   * - `some`: not so at some point.
   * - `unproven`: it is about more than one packet at a time, such as a rate, or rewrites packets.
   */
  readonly effect: 'none' | 'answers' | 'some' | 'unproven'
}

/** Of points that both networks have: those of machines that are new or gone are theirs. */
export function ruleChanges(
  { sets, passages: { decisions }, sameness }: Shared,
  { old, next }: Sides,
): readonly RuleChange[] {
  const before = new Map(old.policy.points.map((point) => [point.id, point]))
  const found = new Map<string, RuleChange & { readonly points: string[] }>()
  for (const point of next.policy.points) {
    const earlier = before.get(point.id)
    if (!earlier || sameness.same(point, earlier)) continue
    const changed = changesAt(earlier, point)
    if (changed.length === 0) continue
    const judge = judgeOf(sets, decisions, earlier, point)
    for (const { kind, was, is } of changed) {
      const rule = (is ?? was) as RuleMeaning
      const key = `${kind} ${rule.tier} ${rule.rule.id} ${lineOf(rule.rule)}`
      const known = found.get(key)
      const effect = worst(judge(was, is), known?.effect)
      const points = known?.points ?? []
      points.push(point.id)
      found.set(key, { kind, rule: known?.rule ?? rule, points, effect })
    }
  }
  return [...found.values()]
}

/** Where a rule is written: sites that share a template share its lines. */
const lineOf = ({ origin }: Rule): string =>
  origin.kind === 'template' && origin.line ? formatSource(origin.line) : formatOrigin(origin)

interface ChangeAt {
  readonly kind: RuleChange['kind']
  readonly was?: RuleMeaning
  readonly is?: RuleMeaning
}

function changesAt(old: Point, next: Point): readonly ChangeAt[] {
  const [before, after] = [old, next].map(
    (point) => new Map(meaningsOf(point).map((each) => [each.rule.id, each])),
  ) as [Map<string, RuleMeaning>, Map<string, RuleMeaning>]
  const order = new Map([...before.keys()].filter((id) => after.has(id)).map((id, index) => [id, index]))
  const changes: ChangeAt[] = []
  let place = 0
  for (const [id, is] of after) {
    const was = before.get(id)
    if (!was) {
      changes.push({ kind: 'added', is })
      continue
    }
    if (was.meaning !== is.meaning) changes.push({ kind: 'changed', was, is })
    else if (order.get(id) !== place) changes.push({ kind: 'moved', was, is })
    place++
  }
  for (const [id, was] of before) if (!after.has(id)) changes.push({ kind: 'removed', was })
  return changes
}

/** Whether a rule's packets have another verdict at the point in the other network. */
function judgeOf(
  sets: PacketSets,
  decisions: PointDecisions,
  old: Point,
  next: Point,
): (was: RuleMeaning | undefined, is: RuleMeaning | undefined) => RuleChange['effect'] {
  if ([old, next].some(({ tiers }) => tiers.some(({ kind }) => kind === 'translation')))
    return () => 'unproven'
  const [before, after] = [decisions.allowed(old), decisions.allowed(next)]
  const other = sets.union([sets.without(before, after), sets.without(after, before)])
  const effectOf = (packets: DiagramSet): RuleChange['effect'] =>
    packets === sets.none ? 'none' : sets.mask(packets, openings(sets)) === sets.none ? 'answers' : 'some'
  const decided = (point: Point, place: RuleMeaning | undefined): DiagramSet => {
    const number = place ? meaningsOf(point).findIndex(({ rule }) => rule === place.rule) + 1 : 0
    return number === 0
      ? sets.none
      : sets.where(sets.mask(other, decisions.of(point)), (value) => value === number)
  }
  return (was, is) => {
    if ([was, is].some((place) => place && unjudged(place))) return 'unproven'
    // A rule that leaves the tier decides about nothing itself.
    if ([was, is].some((place) => place?.rule.action === 'next')) return effectOf(other)
    return effectOf(sets.union([decided(old, was), decided(next, is)]))
  }
}

const unjudged = ({ point, tier, audited }: RuleMeaning): boolean =>
  audited ||
  point.tiers.some(
    ({ name, kind }) => name === tier && (kind === 'limit' || kind === 'grants' || kind === 'port'),
  )

const effects = ['none', 'answers', 'unproven', 'some'] as const

const worst = (one: RuleChange['effect'], other: RuleChange['effect'] = 'none'): RuleChange['effect'] =>
  effects.indexOf(one) > effects.indexOf(other) ? one : other
