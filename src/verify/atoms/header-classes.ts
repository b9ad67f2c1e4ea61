/** Packets that a number of filters treat alike, as classes, with the destinations that their packets may have. IPv4 only. */
import { constant, type Diagram, type DiagramSet, type Range } from '../diagram/index.ts'
import { level, merged, type PacketSets } from '../packets/index.ts'

export interface HeaderClasses {
  readonly count: number
  /** The class of each packet, plus one; 0: it is not looked at. */
  readonly of: Diagram
  /** For each filter, the classes that it lets pass. */
  readonly passed: readonly ReadonlySet<number>[]
  /** For each class, the destinations of its packets: sorted, without overlap. */
  readonly destinations: readonly (readonly Range[])[]
}

/** @param all packets that are looked at @param filters what each lets pass */
export function headerClasses(
  sets: PacketSets,
  all: DiagramSet,
  filters: readonly DiagramSet[],
): HeaderClasses {
  let of: Diagram = sets.mask<Diagram>(sets.mask(sets.family(4), all), constant(1))
  /** Of each value of the diagram, the filters that let pass what has it. */
  let passing = new Map<number, readonly number[]>([[1, []]])
  for (const [index, filter] of filters.entries()) {
    const step = Math.max(...passing.keys())
    const inside = sets.mask(
      filter,
      sets.map(of, (value) => value && value + step),
    )
    of = sets.override(inside, of)
    const found = sets.values(of)
    const next = new Map<number, readonly number[]>()
    for (const [value, list] of passing) {
      if (found.has(value)) next.set(value, list)
      if (found.has(value + step)) next.set(value + step, [...list, index])
    }
    passing = next
    // Numbers double with each filter; of a few they stay small.
    if (step > 0x10_0000) [of, passing] = renumbered(sets, of, passing)
  }
  ;[of, passing] = renumbered(sets, of, passing)
  const lists = [...passing.values()]
  return {
    count: lists.length,
    of,
    passed: filters.map(
      (_, index) => new Set(lists.flatMap((list, at) => (list.includes(index) ? [at] : []))),
    ),
    destinations: destinationsOf(sets, of, lists.length),
  }
}

/** The same with values from 1 on. */
function renumbered<T>(
  sets: PacketSets,
  of: Diagram,
  about: ReadonlyMap<number, T>,
): [Diagram, Map<number, T>] {
  const numbers = new Map(Array.from(about.keys(), (value, at) => [value, at + 1]))
  return [
    sets.map(of, (value) => numbers.get(value) ?? 0),
    new Map(Array.from(about.values(), (each, at) => [at + 1, each])),
  ]
}

/** The last word of an address is the only one that IPv4 has. */
const last = level.destination + 3

function destinationsOf(sets: PacketSets, of: Diagram, classes: number): readonly (readonly Range[])[] {
  const ranges: Range[][] = Array.from({ length: classes }, () => [])
  const values = new Map<Diagram, readonly number[]>()
  const seen = new Set<Diagram>()
  const add = (range: Range, diagram: Diagram): void => {
    const found = values.get(diagram) ?? [...sets.values(diagram)].filter((value) => value > 0)
    values.set(diagram, found)
    for (const value of found) ranges[value - 1]?.push(range)
  }
  const visit = (diagram: Diagram): void => {
    if (seen.has(diagram)) return
    seen.add(diagram)
    const at = sets.levelOf(diagram)
    if (at === undefined || at > last) add([0, 0xffff_ffff], diagram)
    else
      for (const [range, child] of sets.branches(diagram))
        if (at < last) visit(child)
        else add(range, child)
  }
  visit(of)
  return ranges.map(merged)
}
