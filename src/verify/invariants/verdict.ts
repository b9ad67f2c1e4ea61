/** What came of an invariant: whether it holds, and packets that break it. */
import type { RulePlace } from '../../policy/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import type { ExceptionsOf } from './exemptions.ts'
import type { Breach, Invariant } from './invariant.ts'
import type { Preceding } from './lost-answer.ts'

/** One packet that breaks an invariant. */
export interface Counterexample {
  /** Where it is found, or lost: a node, a node and an interface, or a point. */
  readonly at: string
  /** What it does there; absent: it is not to be there. */
  readonly does?: Breach['does']
  /** Who sends it; absent: whoever gets it there. */
  readonly sender?: string
  /** As it is sent, or as it comes to the point. */
  readonly packet: IpHeaders
  /** The rule that lets it pass, or that stops what is to arrive. */
  readonly rule?: RulePlace
  /** What opened connections before: at another point of the node where it answers one, and else from who sent it. */
  readonly after?: readonly Preceding[]
}

export interface Verdict {
  readonly invariant: Invariant
  readonly holds: boolean
  /** The first of each place, at most a few. */
  readonly counterexamples: readonly Counterexample[]
  /** Places where it is broken. */
  readonly places: number
  /** Sentences, of invariants about the plan. */
  readonly remarks: readonly string[]
  readonly exceptions: ExceptionsOf
}
