/** Lists of prefixes as sets: a trie of 32-bit words, each node one level of the diagram. */
import type { Family, Prefix } from '../../net/index.ts'
import {
  type Diagram,
  type DiagramSet,
  type Diagrams,
  everything,
  nothing,
  type Range,
} from '../diagram/index.ts'
import { type End, level, wordsOf } from './levels.ts'

/** What has an address of the list at an end; prefixes of other families count nothing. */
export function addressSet(
  diagrams: Diagrams,
  end: End,
  family: Family,
  prefixes: readonly Prefix[],
): DiagramSet {
  const [base, first] = [level[end], family === 4 ? 3 : 0]
  const [only] = prefixes
  if (only && prefixes.length === 1)
    return only.family === family ? prefixSet(diagrams, base, first, wordsAs(only)) : nothing
  const ofFamily = prefixes.filter((prefix) => prefix.family === family)
  return build(diagrams, base, first, ofFamily.map(wordsAs))
}

function wordsAs(prefix: Prefix): Words {
  const bits = prefix.family === 4 ? 96 + prefix.length : prefix.length
  return { words: wordsOf(prefix), whole: bits >> 5, rest: bits & 31 }
}

/** What one prefix holds of the words from `first` on. */
function prefixSet(
  diagrams: Diagrams,
  base: number,
  first: number,
  { words, whole, rest }: Words,
): DiagramSet {
  const word = words[whole] as number
  let set: Diagram =
    rest === 0 ? everything : diagrams.cut(base + whole, [[word, word + 2 ** (32 - rest) - 1]], everything)
  for (let at = whole - 1; at >= first; at--) {
    const here = words[at] as number
    set = diagrams.cut(base + at, [[here, here]], set)
  }
  return set as DiagramSet
}

/** A prefix of `whole` words and some bits of the next. */
interface Words {
  readonly words: readonly number[]
  readonly whole: number
  readonly rest: number
}

/** What the prefixes hold of the words from `at` on. All of them agree before. */
function build(diagrams: Diagrams, base: number, at: number, prefixes: readonly Words[]): DiagramSet {
  if (prefixes.length === 0) return nothing
  if (prefixes.some(({ whole, rest }) => whole === at && rest === 0)) return everything
  const ranges: Range[] = []
  const deeper = new Map<number, Words[]>()
  for (const prefix of prefixes) {
    const word = prefix.words[at] as number
    if (prefix.whole === at) {
      ranges.push([word, word + 2 ** (32 - prefix.rest) - 1])
    } else if (at === 3 || (prefix.whole === at + 1 && prefix.rest === 0)) {
      ranges.push([word, word])
    } else {
      const list = deeper.get(word)
      if (list) list.push(prefix)
      else deeper.set(word, [prefix])
    }
  }
  const wide = diagrams.cut(base + at, merged(ranges), everything) as DiagramSet
  if (deeper.size === 0) return wide
  const branches = [...deeper]
    .sort(([a], [b]) => a - b)
    .map(([word, list]): readonly [Range, Diagram] => [[word, word], build(diagrams, base, at + 1, list)])
  return diagrams.override(wide, diagrams.branch(base + at, branches) as DiagramSet)
}

/** Sorted and without overlap; neighbours that touch are one. */
export function merged(ranges: readonly Range[]): readonly Range[] {
  if (ranges.length < 2) return ranges
  const sorted = ranges.toSorted(([a], [b]) => a - b)
  const result: [number, number][] = []
  for (const [first, last] of sorted) {
    const previous = result.at(-1)
    if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last)
    else result.push([first, last])
  }
  return result
}
