/**
 * Rules of one tier that say the opposite of packets that both match, where neither is an exception to the other. Whoever first keeps somebody out, and
 * then opens a port, has said by the order what is meant: a rule that denies contradicts only later ones that ask about something that it asks about too.
 */
import { isWritten, type Match } from '../../policy/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { PacketSets } from '../packets/index.ts'
import type { Region } from './regions.ts'

export interface Conflict {
  /** The one that decides. */
  readonly first: Region
  readonly second: Region
  readonly packets: DiagramSet
}

/** @param regions of one point. Of rules that people wrote; each rule is held against the first that contradicts it. */
export function conflictsOf(sets: PacketSets, regions: readonly Region[]): readonly Conflict[] {
  const conflicts: Conflict[] = []
  const before: Record<Side, DiagramSet> = { lets: sets.none, denies: sets.none }
  let tier: string | undefined
  for (const [index, second] of regions.entries()) {
    const { origin } = second.place.rule
    if (second.place.tier !== tier) {
      tier = second.place.tier
      before.lets = sets.none
      before.denies = sets.none
    }
    if (!second.listed || !second.takes || !isWritten(origin)) continue
    const side = sideOf(second)
    const opposite = side === 'lets' ? 'denies' : 'lets'
    if (second.hit !== sets.none && sets.mask(second.matched, before[opposite]) !== sets.none) {
      const first = regions
        .slice(0, index)
        .find((other) => other.place.tier === tier && contradicts(sets, other, second, opposite))
      if (first) conflicts.push({ first, second, packets: sets.mask(second.matched, first.hit) })
    }
    before[side] = sets.union([before[side], second.hit])
  }
  return conflicts
}

/** Whether a rule lets packets on, to the next tier too, or denies them. */
type Side = 'lets' | 'denies'

const sideOf = ({ place }: Region): Side => (place.rule.action === 'deny' ? 'denies' : 'lets')

function contradicts(sets: PacketSets, first: Region, second: Region, side: Side): boolean {
  if (!first.takes || sideOf(first) !== side || !isWritten(first.place.rule.origin)) return false
  if (side === 'denies' && !asksAlike(first.place.rule.match, second.place.rule.match)) return false
  if (sets.mask(second.matched, first.hit) === sets.none) return false
  return (
    sets.without(first.matched, second.matched) !== sets.none &&
    sets.without(second.matched, first.matched) !== sets.none
  )
}

/** Whether two rules ask about the same thing: both who sends, or both which ports. */
const asksAlike = (one: Match, other: Match): boolean =>
  subjects.some((subject) => one[subject] !== undefined && other[subject] !== undefined)

const subjects = ['source', 'destination', 'protocol'] as const satisfies readonly (keyof Match)[]
