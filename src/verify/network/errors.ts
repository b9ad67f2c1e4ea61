/** ICMP errors through enforcement points: filters that keep flows pass them by the flow that they quote, balancers translate them by it. */
import { type FlowUse, isDefaultAudited, type Point, type TranslationTier } from '../../policy/index.ts'
import { constant, type Diagram, type DiagramSet } from '../diagram/index.ts'
import { errorsAbout, type PacketSets } from '../packets/index.ts'
import { swapEnds } from './ends.ts'
import { type ErrorRewrite, ErrorRewrites } from './error-rewrites.ts'
import type { Openings } from './openings.ts'
import { type Passage, type Passages, type Passing, translates } from './passage.ts'

export class Erring implements Passing {
  readonly #sets: PacketSets
  readonly #passages: Passages
  readonly #openings: Openings
  readonly #rewrites: ErrorRewrites
  readonly #tiers = new Map<TranslationTier, readonly ErrorRewrite[]>()
  /** Of points that rewrite nothing. */
  readonly #plain = new Map<Point, Passage>()

  /** @param openings what filters and balancers remember */
  constructor(sets: PacketSets, passages: Passages, openings: Openings) {
    this.#sets = sets
    this.#passages = passages
    this.#openings = openings
    this.#rewrites = new ErrorRewrites(sets, openings)
  }

  passed(point: Point, errors: DiagramSet): DiagramSet {
    if (translates(point)) return this.#asked(point, errors).passed
    return this.#sets.mask(errors, this.#plainOf(point).passed)
  }

  through(point: Point, errors: DiagramSet): Passage {
    if (translates(point)) return this.#asked(point, errors)
    const { passed, stopped } = this.#plainOf(point)
    return { passed: this.#sets.mask(errors, passed), stopped: this.#sets.mask(errors, stopped) }
  }

  #plainOf(point: Point): Passage {
    const known = this.#plain.get(point)
    if (known) return known
    const sets = this.#sets
    const { passed, stopped, atFlows } = this.#passages.decisions.errors.of(point)
    const related = point.flow ? sets.mask(this.#knownAt(point.flow, point.node), atFlows) : sets.none
    const made = { passed: sets.union([passed, related]), stopped: sets.without(stopped, related) }
    this.#plain.set(point, made)
    return made
  }

  #asked(point: Point, errors: DiagramSet): Passage {
    const sets = this.#sets
    const { decisions } = this.#passages
    const scope = decisions.scopeOf(point)
    const passed: DiagramSet[] = point.scope ? [sets.without(errors, scope)] : []
    const stopped: Diagram[] = []
    let left = point.scope ? sets.mask(errors, scope) : errors
    let before = 0
    for (const tier of point.tiers) {
      if (tier.kind === 'translation') {
        for (const rewrite of this.#rewritesOf(tier)) {
          const hit = sets.mask(rewrite.domain, left)
          if (hit === sets.none) continue
          passed.push(rewrite.image(hit))
          left = sets.without(left, hit)
        }
      } else {
        if (tier.kind === 'flow' && point.flow) {
          const related = sets.mask(this.#knownAt(point.flow, point.node), left)
          passed.push(related)
          left = sets.without(left, related)
        }
        const through = decisions.through(point, tier, before, left)
        passed.push(through.passed)
        stopped.push(through.stopped)
        left = through.left
      }
      before += decisions.lengthOf(tier)
    }
    if (isDefaultAudited(point)) passed.push(left)
    else stopped.push(sets.mask(left, constant(before + 1)))
    return { passed: sets.union(passed), stopped: sets.first(stopped) }
  }

  /** Errors about flows that a filter knows. They go to whoever sent what they quote, whichever end opened the flow. */
  #knownAt({ heading, table }: FlowUse, node: string): DiagramSet {
    const sets = this.#sets
    const other = heading === 'to-local' ? 'from-local' : 'to-local'
    const opened = (of: typeof other) => this.#openings.openedAt(node, table, of)
    return sets.union([errorsAbout(sets, opened(other)), errorsAbout(sets, swapEnds(sets, opened(heading)))])
  }

  #rewritesOf(tier: TranslationTier): readonly ErrorRewrite[] {
    const known =
      this.#tiers.get(tier) ?? this.#passages.followed(tier).flatMap((each) => this.#rewrites.of(each) ?? [])
    this.#tiers.set(tier, known)
    return known
  }
}
