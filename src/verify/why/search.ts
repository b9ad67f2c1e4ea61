/**
 * The smallest sets of changes that turn an answer, by exact search: breadth first over sets of changes, and only those are added to a set
 * that have a part in what still stands in the way. Nothing else can make a difference: what no change touches is judged as before. Of several
 * things that all stand in the way each needs a change of its own: one is dealt with first, and how many share none says how many are needed.
 */
import type { Edit } from './edit.ts'

/** What a set of changes comes to. */
export interface Outcome {
  /** The answer is turned. */
  readonly turned: boolean
  /** If not, for each thing that keeps the answer as it is: changes that have a part in it, of which at least one is needed. */
  readonly needs: readonly (readonly Edit[])[]
}

export interface Found {
  /** All smallest sets; none, if no set of so few changes turns the answer. */
  readonly sets: readonly (readonly Edit[])[]
  /** Changes up to which every set was looked at. */
  readonly looked: number
}

/** No set of more changes is looked for. */
export const mostChanges = 5
/** Sets that are tried at most. */
const mostTries = 1500

/**
 * @param outcome of a set of changes; asked once for each
 * @param may whether a change may be part of a set
 * @param limit changes at most
 */
export function smallestSets(
  outcome: (edits: readonly Edit[]) => Outcome,
  may: (edit: Edit) => boolean,
  limit = mostChanges,
): Found {
  let level: readonly (readonly Edit[])[] = [[]]
  let tries = 0
  for (let size = 0; size <= limit; size++) {
    const outcomes = level.map((edits) => ({ edits, ...outcome(edits) }))
    tries += level.length
    const sets = outcomes.filter(({ turned }) => turned).map(({ edits }) => edits)
    if (sets.length > 0) return { sets, looked: size }
    const next = new Map<string, readonly Edit[]>()
    for (const { edits, needs } of outcomes) {
      const left = needs
        .map((need) => need.filter((edit) => may(edit) && !edits.some(({ key }) => key === edit.key)))
        .toSorted((a, b) => a.length - b.length)
      if (left[0]?.length === 0 || size + disjoint(left) > limit) continue
      for (const edit of left[0] ?? []) {
        const more = [...edits, edit]
        next.set(keyOf(more), more)
      }
    }
    level = [...next.values()]
    if (level.length === 0) return { sets: [], looked: limit }
    if (tries + level.length > mostTries) return { sets: [], looked: size }
  }
  return { sets: [], looked: limit }
}

/** How many at least are needed: one for each of those that have none in common. @param needs the smallest first */
function disjoint(needs: readonly (readonly Edit[])[]): number {
  const used = new Set<string>()
  let count = 0
  for (const need of needs) {
    if (need.some(({ key }) => used.has(key))) continue
    count++
    for (const { key } of need) used.add(key)
  }
  return count
}

export const keyOf = (edits: readonly Edit[]): string =>
  edits
    .map(({ key }) => key)
    .sort()
    .join('\n')
