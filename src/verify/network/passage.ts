/** A set of packets through an enforcement point: what passes, as it leaves, and what each rule stopped, as it came. */
import { isDefaultAudited, type Point, type Translation, type TranslationTier } from '../../policy/index.ts'
import { constant, type Diagram, type DiagramSet, nothing } from '../diagram/index.ts'
import type { PacketSets } from '../packets/index.ts'

import { PointDecisions } from '../points/index.ts'
import {
  type Chosen,
  type LentConnections,
  type Rewrite,
  Rewrites,
  type RewriteTier,
  type Translating,
} from './rewrites.ts'
import type { Terrain, Watching } from './terrain.ts'

export interface Passage {
  readonly passed: DiagramSet
  /** What was stopped: its values are the numbers of the rules that did it, plus one. */
  readonly stopped: Diagram
}

/** How points treat sets of packets. */
export interface Passing {
  passed(point: Point, packets: DiagramSet): DiagramSet
  /** As {@link passed}, with what was stopped by which rule. */
  through(point: Point, packets: DiagramSet): Passage
}

/** Hears which packets a rewrite is applied to. */
export type Hit = (rewrite: Rewrite, packets: DiagramSet) => void

/** Packets that are of no known flow. */
export class Passages implements Passing {
  readonly #sets: PacketSets
  readonly decisions: PointDecisions
  readonly #terrain: Watching
  readonly #translating: Translating
  readonly #rewrites: Rewrites
  readonly #sections = new WeakMap<Point, Sections>()

  constructor(
    sets: PacketSets,
    terrain: Watching = { isWhole: true, nodes: [] },
    decisions = new PointDecisions(sets),
    rewrites = new Rewrites(sets, terrain),
    connections?: LentConnections,
  ) {
    this.#sets = sets
    this.#terrain = terrain
    this.decisions = decisions
    this.#rewrites = rewrites
    this.#translating = connections ? rewrites.knowing(connections) : rewrites
  }

  /** The same points where other machines are looked at. */
  seenFrom(terrain: Terrain): Passages {
    return new Passages(this.#sets, terrain, this.decisions, this.#rewrites.seenFrom(terrain))
  }

  /** Where connections are known; filters are asked as before. */
  knowing(connections: LentConnections): Passages {
    return new Passages(this.#sets, this.#terrain, this.decisions, this.#rewrites, connections)
  }

  /** As {@link Rewrites.followed}. */
  followed(tier: TranslationTier): readonly Translation[] {
    return this.#rewrites.followed(tier)
  }

  passed(point: Point, packets: DiagramSet, hit?: Hit): DiagramSet {
    return translates(point)
      ? this.#translated(point, packets, hit).passed
      : this.#sets.mask(packets, this.decisions.allowed(point))
  }

  through(point: Point, packets: DiagramSet, hit?: Hit): Passage {
    if (translates(point)) return this.#translated(point, packets, hit)
    if (packets === this.#sets.none) return { passed: packets, stopped: nothing }
    const stopped = this.#sets.without(packets, this.decisions.allowed(point))
    if (stopped === this.#sets.none) return { passed: packets, stopped: nothing }
    return {
      passed: this.#sets.mask(packets, this.decisions.allowed(point)),
      stopped: this.#sets.mask(stopped, this.decisions.of(point)),
    }
  }

  /** What the point lets pass and leaves as one of the packets, of packets that are of no known flow. */
  before(point: Point, packets: DiagramSet, chosen: Chosen): DiagramSet {
    const sets = this.#sets
    if (!translates(point)) return sets.mask(packets, this.decisions.allowed(point))
    const { unchanged, translated } = this.#sectionsOf(point)
    const found = [sets.mask(unchanged, packets)]
    for (const { asked, tier } of translated)
      for (const { domain, preimage } of tier.rewrites)
        found.push(sets.allOf([preimage(packets, chosen), domain, asked]))
    return sets.union(found)
  }

  /** What a point that translates lets pass as it is, and what each of its translation tiers is asked about. */
  #sectionsOf(point: Point): Sections {
    const known = this.#sections.get(point)
    if (known) return known
    const sets = this.#sets
    const verdicts = this.decisions.verdictsOf(point)
    const scope = this.decisions.scopeOf(point)
    const unchanged: DiagramSet[] = [sets.without(sets.all, scope)]
    const translated: { asked: DiagramSet; tier: RewriteTier }[] = []
    let left = sets.mask(sets.all, scope)
    let before = 0
    for (const each of point.tiers) {
      if (each.kind === 'translation') {
        const tier = this.#translating.of(each)
        translated.push({ asked: left, tier })
        left = sets.without(left, tier.domain)
      } else {
        const decided = sets.mask(left, this.decisions.tier(each, before, 'none'))
        unchanged.push(sets.where(decided, (value) => value > 0 && verdicts[value - 1] === true))
        left = sets.without(left, decided)
      }
      before += this.decisions.lengthOf(each)
    }
    if (isDefaultAudited(point)) unchanged.push(left)
    const made = { unchanged: sets.union(unchanged), translated }
    this.#sections.set(point, made)
    return made
  }

  #translated(point: Point, packets: DiagramSet, heard?: Hit): Passage {
    const sets = this.#sets
    const scope = this.decisions.scopeOf(point)
    const passed: DiagramSet[] = [sets.without(packets, scope)]
    const stopped: Diagram[] = []
    let left = sets.mask(packets, scope)
    let before = 0
    for (const tier of point.tiers) {
      if (tier.kind === 'translation') {
        const { domain, rewrites } = this.#translating.of(tier)
        const meant = sets.mask(domain, left)
        if (meant !== sets.none)
          for (const rewrite of rewrites) {
            const hit = sets.mask(rewrite.domain, meant)
            if (hit === sets.none) continue
            passed.push(rewrite.image(hit))
            heard?.(rewrite, hit)
          }
        left = sets.without(left, domain)
      } else {
        const through = this.decisions.through(point, tier, before, left)
        passed.push(through.passed)
        stopped.push(through.stopped)
        left = through.left
      }
      before += this.decisions.lengthOf(tier)
    }
    if (isDefaultAudited(point)) passed.push(left)
    else stopped.push(sets.mask(left, constant(before + 1)))
    return { passed: sets.union(passed), stopped: sets.first(stopped) }
  }
}

interface Sections {
  readonly unchanged: DiagramSet
  readonly translated: readonly { readonly asked: DiagramSet; readonly tier: RewriteTier }[]
}

/** Whether a point rewrites packets. */
export const translates = ({ tiers }: Point): boolean => tiers.some(({ kind }) => kind === 'translation')

/** Points in turn; `noted` hears what each stopped. */
export function passAll(
  passages: Passing,
  points: readonly Point[],
  packets: DiagramSet,
  noted?: (point: Point, passage: Passage) => void,
): DiagramSet {
  let left = packets
  for (const point of points) {
    if (!noted) {
      left = passages.passed(point, left)
      continue
    }
    const passage = passages.through(point, left)
    noted(point, passage)
    left = passage.passed
  }
  return left
}
