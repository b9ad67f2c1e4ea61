/** What a fault does to what a point lets pass: nothing, open something, or close something. */
import type { Point } from '../../../src/policy/index.ts'
import type { DiagramSet } from '../../../src/verify/diagram/index.ts'
import type { ProofMemory } from '../../../src/verify/index.ts'

export interface Effect {
  /** Packets that pass now and did not. */
  readonly opened: DiagramSet
  /** Packets that passed and do not now. */
  readonly closed: DiagramSet
}

/** Of points without translations. A missing point lets everything pass. */
export function effectOf({ sets, passages }: ProofMemory, point: Point, spoilt: Point | undefined): Effect {
  const passed = (one: Point | undefined): DiagramSet =>
    one ? sets.mask(sets.all, passages.passed(one, sets.all)) : sets.all
  const [before, after] = [passed(point), passed(spoilt)]
  return { opened: sets.without(after, before), closed: sets.without(before, after) }
}
