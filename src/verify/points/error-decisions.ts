/** What a filter does with ICMP errors about flows of which it knows nothing. What it knows of others is a matter of who asks. */
import { isDefaultAudited, type Point } from '../../policy/index.ts'
import { constant, type Diagram, type DiagramSet } from '../diagram/index.ts'
import { errorsAbout, type PacketSets } from '../packets/index.ts'
import type { PointDecisions } from './point-decisions.ts'

export interface ErrorDecision {
  readonly passed: DiagramSet
  /** What is stopped: its values are the numbers of the rules that do it, plus one. */
  readonly stopped: Diagram
  /** What comes to the tier that knows flows: of this it passes what is about one of them. */
  readonly atFlows: DiagramSet
}

export class ErrorDecisions {
  readonly #sets: PacketSets
  readonly #decisions: PointDecisions
  readonly #points = new WeakMap<Point, ErrorDecision>()

  constructor(sets: PacketSets, decisions: PointDecisions) {
    this.#sets = sets
    this.#decisions = decisions
  }

  /** @param point one that rewrites nothing */
  of(point: Point): ErrorDecision {
    const known = this.#points.get(point) ?? this.#decide(point)
    this.#points.set(point, known)
    return known
  }

  #decide(point: Point): ErrorDecision {
    const sets = this.#sets
    const decisions = this.#decisions
    const errors = errorsAbout(sets, sets.all)
    const scope = point.scope ? decisions.scopeOf(point) : errors
    const passed: DiagramSet[] = [sets.without(errors, scope)]
    const stopped: Diagram[] = []
    let atFlows: DiagramSet | undefined
    let left = sets.mask(errors, scope)
    let before = 0
    for (const tier of point.tiers) {
      if (tier.kind === 'flow') atFlows ??= left
      const through = decisions.through(point, tier, before, left)
      passed.push(through.passed)
      stopped.push(through.stopped)
      left = through.left
      before += decisions.lengthOf(tier)
    }
    if (isDefaultAudited(point)) passed.push(left)
    else stopped.push(sets.mask(left, constant(before + 1)))
    return { passed: sets.union(passed), stopped: sets.first(stopped), atFlows: atFlows ?? sets.none }
  }
}
