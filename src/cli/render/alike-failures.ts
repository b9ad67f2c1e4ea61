/** Failures that break the same promises for the same reasons, as one: of elements in a row, and of sites that are alike. */
import { groupBy, type Network } from '../../model/index.ts'
import type { Failure } from '../../verify/index.ts'
import { breakLines, breaksKey } from './break-text.ts'
import { overloadText } from './overload-text.ts'

export interface AlikeFailures {
  readonly failures: readonly Failure[]
  /** What breaks, and what is overloaded, when the first of them happens. */
  readonly lines: readonly string[]
  /** Whether these are the lines of all of them; else other places stand in those of others. */
  readonly isSame: boolean
}

/** What fails alone comes before what fails together; of these what breaks most. */
export function alike(network: Network, failures: readonly Failure[]): readonly AlikeFailures[] {
  const groups = groupBy(failures, (failure) =>
    [breaksKey(network, failure), ...failure.overloads.map(overloadText)].join('\n'),
  )
  return [...groups.values()]
    .map((group): AlikeFailures => {
      const lines = linesOf(network, group[0] as Failure)
      const isSame = group.every((each) => linesOf(network, each).join() === lines.join())
      return { failures: group, lines, isSame }
    })
    .sort(({ failures: [a] }, { failures: [b] }) => rank(a as Failure) - rank(b as Failure))
}

/** Overloads of one failure that are shown. */
const shown = 5

function linesOf(network: Network, failure: Failure): readonly string[] {
  const more = failure.overloads.length - shown
  return [
    ...breakLines(network, failure),
    ...failure.overloads.slice(0, shown).map(overloadText),
    ...(more > 0 ? [`and ${more} more overloads`] : []),
  ]
}

const rank = ({ elements, breaks, overloads }: Failure): number =>
  elements.length * 1e9 - breaks.length - overloads.length
