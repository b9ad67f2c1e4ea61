/** ICMP errors through enforcement points: filters that keep flows pass them by the flow that they quote, balancers translate them by it. */
import { isDefaultAudited, type Point, type Tier, type TranslationTier } from '../../policy/index.ts'
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
  /** Of points that rewrite nothing: what they let pass, and which rule stops the rest. */
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
    const plain = this.#plain.get(point) ?? this.#asked(point, errorsAbout(this.#sets, this.#sets.all))
    this.#plain.set(point, plain)
    return plain
  }

  #asked(point: Point, errors: DiagramSet): Passage {
    const sets = this.#sets
    const verdicts = this.#passages.decisions.verdictsOf(point)
    const scope = point.scope ? sets.match(point.scope) : undefined
    const passed: DiagramSet[] = scope === undefined ? [] : [sets.without(errors, scope)]
    const stopped: Diagram[] = []
    let left = scope === undefined ? errors : sets.mask(errors, scope)
    let before = 0
    const decide = (tier: Tier, asked: DiagramSet): void => {
      const decided = sets.mask(asked, this.#passages.decisions.tier(tier, before, 'none'))
      passed.push(sets.where(decided, (value) => value > 0 && verdicts[value - 1] === true))
      stopped.push(sets.map(decided, (value) => (value > 0 && !verdicts[value - 1] ? value : 0)))
      left = sets.without(left, decided)
    }
    for (const tier of point.tiers) {
      if (tier.kind === 'translation') {
        for (const rewrite of this.#rewritesOf(tier)) {
          const hit = sets.mask(rewrite.domain, left)
          if (hit === sets.none) continue
          passed.push(rewrite.image(hit))
          left = sets.without(left, hit)
        }
      } else if (tier.kind === 'flow') {
        const related = sets.mask(this.#knownAt(point), left)
        passed.push(related)
        left = sets.without(left, related)
        decide(tier, left)
      } else decide(tier, left)
      before += this.#passages.decisions.lengthOf(tier)
    }
    if (isDefaultAudited(point)) passed.push(left)
    else stopped.push(sets.mask(left, constant(before + 1)))
    return { passed: sets.union(passed), stopped: sets.first(stopped) }
  }

  /** Errors about flows that a filter knows. They go to whoever sent what they quote, whichever end opened the flow. */
  #knownAt({ flow, node }: Point): DiagramSet {
    const sets = this.#sets
    if (!flow) return sets.none
    const other = flow.heading === 'to-local' ? 'from-local' : 'to-local'
    const opened = (heading: typeof other) => this.#openings.openedAt(node, flow.table, heading)
    return sets.union([
      errorsAbout(sets, opened(other)),
      errorsAbout(sets, swapEnds(sets, opened(flow.heading))),
    ])
  }

  #rewritesOf(tier: TranslationTier): readonly ErrorRewrite[] {
    const known =
      this.#tiers.get(tier) ?? this.#passages.followed(tier).flatMap((each) => this.#rewrites.of(each) ?? [])
    this.#tiers.set(tier, known)
    return known
  }
}
