/** What is proven: a claim about every packet, and how a packet is found that breaks it. */
import type { Point } from '../../policy/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { Reach } from '../network/index.ts'
import type { Origin, Proof } from './proof.ts'

export type Invariant = NetworkInvariant | PointInvariant | PlanInvariant

interface Claim {
  /** Kebab-case; never changes. */
  readonly id: string
  /** Rows of the requirements that it states. */
  readonly rows: readonly string[]
  /** One sentence, in the present tense. */
  readonly claim: string
}

/** About packets on their way: whatever such senders send, nothing is found where it must not be. */
export interface NetworkInvariant extends Claim {
  readonly kind: 'network'
  readonly origins: (proof: Proof) => readonly Origin[]
  /** Of what the senders may send, what it is about; absent: everything. */
  readonly about?: (proof: Proof, origin: Origin) => DiagramSet
  readonly breaches: (proof: Proof, reach: Reach, origin: Origin) => Iterable<Breach>
}

/** About what one point lets pass, whatever arrives there: it holds even if all other layers fail. */
export interface PointInvariant extends Claim {
  readonly kind: 'point'
  readonly points: (proof: Proof) => readonly Point[]
  /** What the point may let pass. */
  readonly permitted: (proof: Proof, point: Point) => DiagramSet
}

/** About the plan itself. */
export interface PlanInvariant extends Claim {
  readonly kind: 'plan'
  /** One sentence for each breach. */
  readonly breaches: (proof: Proof) => readonly string[]
}

/** Packets that are where they must not be. */
export interface Breach {
  /** Node, or node and interface. */
  readonly at: string
  readonly packets: DiagramSet
  /** What they do there; absent: they are not to be there. */
  readonly does?: 'goes round' | 'is lost'
}
