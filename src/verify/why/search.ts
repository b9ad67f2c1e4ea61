/**
 * The smallest sets of changes that turn an answer, by exact search: breadth first over sets of changes, and only those are added to a set
 * that have a part in what still stands in the way. Nothing else can make a difference: what no change touches is judged as before.
 */
import type { Edit } from './edit.ts'

/** What a set of changes comes to. */
export interface Outcome {
  /** The answer is turned. */
  readonly turned: boolean
  /** If not: changes that have a part in what still keeps it as it is. */
  readonly relevant: readonly Edit[]
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
    for (const { edits, relevant } of outcomes)
      for (const edit of relevant) {
        if (!may(edit) || edits.some(({ key }) => key === edit.key)) continue
        const more = [...edits, edit]
        next.set(keyOf(more), more)
      }
    level = [...next.values()]
    if (level.length === 0) return { sets: [], looked: limit }
    if (tries + level.length > mostTries) return { sets: [], looked: size }
  }
  return { sets: [], looked: limit }
}

export const keyOf = (edits: readonly Edit[]): string =>
  edits
    .map(({ key }) => key)
    .sort()
    .join('\n')
