/**
 * Ordered decision diagrams over ranges of whole numbers: functions from tuples (one number for each level) to small whole
 * numbers, each stored once. A node belongs to a level and cuts its numbers into ranges, each with a child; a level on which
 * nothing depends has no node. Equal functions are the same {@link Diagram}, so that equality is `===`.
 *
 * A *set* is a diagram whose values are 0 (outside) and 1 (inside). Of other diagrams value 0 means *says nothing*: a list of rules is
 * the diagram of the first rule that says something.
 *
 * Where they come from: firewall decision diagrams (Gouda and Liu, Computer Networks 51, 2007), multi-terminal BDDs with complement-free
 * hashing (Bryant 1986), and network decision diagrams, which have one node for each header field (Li et al., NSDI 2025).
 */
import { NodeStore } from './node-store.ts'
import { PairCache } from './pair-cache.ts'

/** A node, or the bitwise complement of a value. Means something only together with the {@link Diagrams} it came from. */
export type Diagram = number & { readonly __diagram: never }

/** A diagram whose values are 0 and 1. */
export type DiagramSet = Diagram & { readonly __set: never }

/** Inclusive ends. */
export type Range = readonly [first: number, last: number]

/** The diagram that says the same of everything. */
export const constant = (value: number): Diagram => ~value as Diagram

export const nothing = constant(0) as DiagramSet
export const everything = constant(1) as DiagramSet

/** The value of a diagram that has only one; `undefined` of others. */
export const constantOf = (diagram: Diagram): number | undefined => (diagram < 0 ? ~diagram : undefined)

const [maskWith, overrideWith, without] = [1, 2, 3]

/** Operations on one diagram are numbered from here on, as they are first asked for. */
const unary = 4

export class Diagrams {
  /** Highest number of each level; at most 2³² − 1. */
  readonly highest: readonly number[]
  readonly #nodes = new NodeStore()
  readonly #cache = new PairCache()
  /** Numbers of operations on one diagram, by what they do. */
  readonly #operations = new Map<unknown, number>()

  constructor(highest: readonly number[]) {
    this.highest = highest
  }

  /** Nodes that there are, used and not: what memory they take. */
  get size(): number {
    return this.#nodes.size
  }

  /** Makes room for as many nodes more, now rather than when they are made. */
  reserve(more: number): void {
    this.#nodes.reserve(more)
    this.#cache.reserve(this.size + more)
  }

  /**
   * Cuts a level: what has its number in one of the ranges goes to `inside`, the rest to `outside`. Both depend on later levels only.
   * @param ranges sorted, and without overlap
   */
  cut(level: number, ranges: readonly Range[], inside: Diagram, outside: Diagram = nothing): Diagram {
    const base = this.#nodes.begin()
    let next = 0
    for (const range of ranges) next = this.#pushRange(level, next, range, inside, outside)
    return this.#endCut(level, base, next, outside)
  }

  /** As {@link cut}, with a child of its own for each range. */
  branch(
    level: number,
    branches: readonly (readonly [range: Range, child: Diagram])[],
    outside: Diagram = nothing,
  ): Diagram {
    const base = this.#nodes.begin()
    let next = 0
    for (const [range, child] of branches) next = this.#pushRange(level, next, range, child, outside)
    return this.#endCut(level, base, next, outside)
  }

  /**
   * @param next the first number of the level for which there is no range yet @returns the one after this range
   * @throws RangeError if it does not follow the one before or does not lie in the level: what is made of such a node is wrong without a sign
   */
  #pushRange(level: number, next: number, range: Range, child: Diagram, outside: Diagram): number {
    const [first, last] = range
    const highest = this.highest[level] as number
    if (!(first >= next && last >= first && last <= highest))
      throw new RangeError(`cut level ${level}: ${first} to ${last} is no range from ${next} to ${highest}`)
    if (first > next) this.#nodes.push(first - 1, outside)
    this.#nodes.push(last, child)
    return last + 1
  }

  #endCut(level: number, base: number, next: number, outside: Diagram): Diagram {
    const highest = this.highest[level] as number
    if (next <= highest) this.#nodes.push(highest, outside)
    return this.#nodes.end(level, base) as Diagram
  }

  /** `diagram` inside the set, 0 outside. Of two sets: what both hold. */
  mask<D extends Diagram>(set: DiagramSet, diagram: D): D {
    return this.#apply(maskWith, set, diagram) as D
  }

  /** The first diagram; where it says nothing, the second. Of two sets: what either holds. */
  override<D extends Diagram>(first: D, second: D): D {
    return this.#apply(overrideWith, first, second) as D
  }

  /** The first diagram where the second says nothing, else 0. Of two sets: their difference. */
  without<D extends Diagram>(diagram: D, other: Diagram): D {
    return this.#apply(without, diagram, other) as D
  }

  /** The first of the list that says something. Merges neighbours pairwise, so that no merge is of a long one with a short one. */
  first<D extends Diagram>(list: readonly D[]): D {
    if (list.length === 0) return nothing as Diagram as D
    let merged = list
    while (merged.length > 1) {
      const half: D[] = []
      for (let at = 0; at < merged.length; at += 2) {
        const [one, two] = [merged[at] as D, merged[at + 1]]
        half.push(two === undefined ? one : this.override(one, two))
      }
      merged = half
    }
    return merged[0] as D
  }

  /** What any of the sets holds. */
  union(sets: readonly DiagramSet[]): DiagramSet {
    return this.first(sets)
  }

  /** Every value replaced. Costs as much as the diagram has nodes. */
  map(diagram: Diagram, valueFor: (value: number) => number): Diagram {
    const known = new Map<number, number>()
    const values = new Map<number, number>()
    const visit = (at: number): number => {
      if (at < 0) {
        const known = values.get(at)
        if (known !== undefined) return known
        const value = ~valueFor(~at)
        values.set(at, value)
        return value
      }
      let mapped = known.get(at)
      if (mapped === undefined) {
        const nodes = this.#nodes
        const base = nodes.begin()
        const [from, to] = [nodes.start(at), nodes.stop(at)]
        for (let i = from; i < to; i = nodes.next(i)) nodes.push(nodes.last(i), visit(nodes.child(i)))
        mapped = nodes.end(nodes.level(at), base)
        known.set(at, mapped)
      }
      return mapped
    }
    return visit(diagram) as Diagram
  }

  /** Where the diagram has one of the values. */
  where(diagram: Diagram, has: (value: number) => boolean): DiagramSet {
    return this.map(diagram, (value) => (has(value) ? 1 : 0)) as DiagramSet
  }

  /** What a set holds for some number of the given levels: they do not matter any more. */
  forget(set: DiagramSet, levels: readonly number[]): DiagramSet {
    const nodes = this.#nodes
    const visit = this.#once(levels.join(), (at) => {
      const [level, from, to] = [nodes.level(at), nodes.start(at), nodes.stop(at)]
      if (levels.includes(level)) {
        const children = new Set<number>()
        for (let i = from; i < to; i = nodes.next(i)) children.add(nodes.child(i))
        return this.first(Array.from(children, visit))
      }
      const base = nodes.begin()
      for (let i = from; i < to; i = nodes.next(i)) nodes.push(nodes.last(i), visit(nodes.child(i)))
      return nodes.end(level, base) as Diagram
    })
    return visit(set) as DiagramSet
  }

  /**
   * The same function with its levels in other places. Costs a merge for each branch.
   * @param places of levels that are moved; always the same object for the same places, since results are remembered by it
   */
  rename<D extends Diagram>(diagram: D, places: ReadonlyMap<number, number>): D {
    const visit = this.#once(places, (at) => {
      const level = this.#nodes.level(at)
      const place = places.get(level) ?? level
      const branches = this.branches(at as Diagram).map(([range, child]) =>
        this.mask(this.cut(place, [range], everything) as DiagramSet, visit(child)),
      )
      return this.first(branches)
    })
    return visit(diagram) as D
  }

  /** An operation on one diagram, node by node; what it came to is remembered as of operations on two. @param what it does */
  #once(what: unknown, make: (node: number) => Diagram): (diagram: number) => Diagram {
    const operation = this.#operations.get(what) ?? unary + this.#operations.size
    this.#operations.set(what, operation)
    return (at) => {
      if (at < 0) return at as Diagram
      const found = this.#cache.find(operation, at, nothing)
      if (found !== undefined) return found as Diagram
      const made = make(at)
      this.#cache.keep(operation, at, nothing, made, this.#nodes.size)
      return made
    }
  }

  /** Values that a diagram has somewhere, 0 included. */
  values(diagram: Diagram): ReadonlySet<number> {
    const nodes = this.#nodes
    const found = new Set<number>()
    const seen = new Set<number>()
    const visit = (at: number): void => {
      if (at < 0) return void found.add(~at)
      if (seen.has(at)) return
      seen.add(at)
      for (let i = nodes.start(at); i < nodes.stop(at); i = nodes.next(i)) visit(nodes.child(i))
    }
    visit(diagram)
    return found
  }

  /** The value of one tuple. */
  at(diagram: Diagram, tuple: ArrayLike<number>): number {
    let at: number = diagram
    while (at >= 0) at = this.#nodes.lookup(at, tuple[this.#nodes.level(at)] as number)
    return ~at
  }

  /** What a diagram says further on of tuples that begin with these numbers: what depends on them alone is decided. */
  follow(diagram: Diagram, beginning: ArrayLike<number>): Diagram {
    let at: number = diagram
    while (at >= 0) {
      const level = this.#nodes.level(at)
      if (level >= beginning.length) break
      at = this.#nodes.lookup(at, beginning[level] as number)
    }
    return at as Diagram
  }

  /** What a diagram says where levels from `first` on have these numbers; it still depends on those before and behind. */
  fix(diagram: Diagram, first: number, numbers: ArrayLike<number>): Diagram {
    const nodes = this.#nodes
    const known = new Map<number, number>()
    const visit = (at: number): number => {
      if (at < 0) return at
      const level = nodes.level(at)
      if (level >= first) {
        let fixed = at
        while (fixed >= 0 && nodes.level(fixed) - first < numbers.length)
          fixed = nodes.lookup(fixed, numbers[nodes.level(fixed) - first] as number)
        return fixed
      }
      let made = known.get(at)
      if (made === undefined) {
        const base = nodes.begin()
        const [from, to] = [nodes.start(at), nodes.stop(at)]
        for (let i = from; i < to; i = nodes.next(i)) nodes.push(nodes.last(i), visit(nodes.child(i)))
        made = nodes.end(level, base)
        known.set(at, made)
      }
      return made
    }
    return visit(diagram) as Diagram
  }

  /** The level of a diagram's root; `undefined`: it is constant. */
  levelOf(diagram: Diagram): number | undefined {
    return diagram < 0 ? undefined : this.#nodes.level(diagram)
  }

  /** The ranges and children of a diagram's root; none, if it is constant. */
  branches(diagram: Diagram): readonly (readonly [range: Range, child: Diagram])[] {
    if (diagram < 0) return []
    const nodes = this.#nodes
    const found: [Range, Diagram][] = []
    let first = 0
    for (let i = nodes.start(diagram); i < nodes.stop(diagram); i = nodes.next(i)) {
      const last = nodes.last(i)
      found.push([[first, last], nodes.child(i) as Diagram])
      first = last + 1
    }
    return found
  }

  #apply(operation: number, a: number, b: number): number {
    if (operation === maskWith) {
      if (a === nothing || b === nothing) return nothing
      if (a === everything) return b
      if (a === b) return a
    } else if (operation === overrideWith) {
      if (a === nothing || a === b) return b
      if (b === nothing || a < 0) return a
    } else {
      if (a === nothing || a === b) return nothing
      if (b === nothing) return a
      if (b < 0) return nothing
    }
    const cached = this.#cache.find(operation, a, b)
    if (cached !== undefined) return cached
    const nodes = this.#nodes
    const levelA = a < 0 ? 256 : nodes.level(a)
    const levelB = b < 0 ? 256 : nodes.level(b)
    const base = nodes.begin()
    if (levelA < levelB) {
      const stop = nodes.stop(a)
      for (let i = nodes.start(a); i < stop; i = nodes.next(i))
        nodes.push(nodes.last(i), this.#apply(operation, nodes.child(i), b))
    } else if (levelB < levelA) {
      const stop = nodes.stop(b)
      for (let i = nodes.start(b); i < stop; i = nodes.next(i))
        nodes.push(nodes.last(i), this.#apply(operation, a, nodes.child(i)))
    } else {
      let i = nodes.start(a)
      let j = nodes.start(b)
      const stop = nodes.stop(a)
      while (i < stop) {
        const lastA = nodes.last(i)
        // Of a large set only what lies in a small one is looked at.
        if (operation !== overrideWith && nodes.child(i) === nothing) {
          nodes.push(lastA, nothing)
          j = nodes.after(b, j, lastA)
          i = nodes.next(i)
          continue
        }
        const lastB = nodes.last(j)
        if (operation === maskWith && nodes.child(j) === nothing) {
          nodes.push(lastB, nothing)
          i = nodes.after(a, i, lastB)
          j = nodes.next(j)
          continue
        }
        nodes.push(Math.min(lastA, lastB), this.#apply(operation, nodes.child(i), nodes.child(j)))
        if (lastA <= lastB) i = nodes.next(i)
        if (lastB <= lastA) j = nodes.next(j)
      }
    }
    const made = nodes.end(Math.min(levelA, levelB), base)
    this.#cache.keep(operation, a, b, made, nodes.size)
    return made
  }
}
