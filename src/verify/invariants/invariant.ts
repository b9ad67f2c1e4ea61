/** What is proven: a claim about every packet, and how a packet is found that breaks it. */
import type { Expectation, InvariantId } from '../../model/index.ts'
import type { Point } from '../../policy/index.ts'
import type { Flow, Loss } from '../arrival/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { Emission, Reach } from '../network/index.ts'
import type { Limit } from './limit.ts'
import type { Origin } from './origin.ts'
import type { Proof } from './proof.ts'

export type Invariant =
  | NetworkInvariant
  | ArrivalInvariant
  | AnswerInvariant
  | ErrorInvariant
  | PointInvariant
  | PassageInvariant
  | PlanInvariant
  | ExpectedInvariant

interface Claim {
  /** Kebab-case; never changes. */
  readonly id: InvariantId
  /** Rows of the requirements that it states. */
  readonly rows: readonly string[]
  /** One sentence, in the present tense. */
  readonly claim: string
  /**
   * It says the same of machines that are alike: it tells them apart by site, role, service and host, and by their own addresses, and by nothing
   * else of the model. Of many that are alike a few are then looked at (see `../alike`). Absent: all are.
   */
  readonly ofAlike?: true
}

/** About packets on their way: whatever such senders send, nothing is found where it must not be. */
export interface NetworkInvariant extends Claim {
  readonly kind: 'network'
  readonly origins: (proof: Proof) => readonly Origin[]
  /** Of what the senders may send, what it is about; absent: everything. */
  readonly about?: (proof: Proof, origin: Origin) => DiagramSet
  readonly breaches: (proof: Proof, reach: Reach, origin: Origin) => Iterable<Breach>
  /** Whether the last node alone sees to it, whatever comes there: then nobody is followed. Absent: it takes more than one. */
  readonly isKeptByLast?: (proof: Proof) => boolean
  /** Whether something may be wrong with any of several reaches, seen from all of them at once; absent: it may. */
  readonly suspects?: (proof: Proof, reaches: readonly Reach[]) => boolean
}

/** About packets that are to arrive: of none of them anything is lost, on any way. */
export interface ArrivalInvariant extends Claim {
  readonly kind: 'arrival'
  /** @param limit what is looked at: flows without any of it may be left out; absent: everything */
  readonly flows: (proof: Proof, limit?: Limit) => Iterable<Flow>
}

/** About what comes back: no answer to what honest senders open is lost, whoever it reached. */
export interface AnswerInvariant extends Claim {
  readonly kind: 'answers'
  readonly origins: (proof: Proof) => readonly Origin[]
}

/** About ICMP errors, which pass by what they quote. */
export interface ErrorInvariant extends Claim {
  readonly kind: 'errors'
  /** @param limit what is looked at; absent: everything */
  readonly trials: (proof: Proof, limit?: Limit) => Iterable<Trial>
}

/** Packets that are sent, and what is wrong with where they, or errors about them, get to. */
export interface Trial {
  readonly emissions: readonly Emission[]
  /** Of some of them. */
  readonly follow: (emissions: readonly Emission[]) => Reach
  readonly breaches: (reach: Reach) => Iterable<Breach>
  /** What is opened before they are sent; absent: nothing that it takes. */
  readonly before?: Before
}

/** Openings that are sent before anything else is. */
export interface Before {
  readonly openings: readonly Emission[]
  /** The same where some of them alone were sent. */
  readonly only: (openings: readonly Emission[]) => Trial
}

/** What the network file expects. */
export interface ExpectedInvariant extends Omit<Claim, 'id'> {
  readonly kind: 'expectation'
  readonly id: Expectation['id']
  readonly expectation: Expectation
  /** `allow`: what is to arrive. */
  readonly flows: (proof: Proof) => Iterable<Flow>
  /** `deny`: who sends, and what of it must not be found. */
  readonly absences: (proof: Proof) => Iterable<Absence>
}

/** Packets, and where none of them may be found. */
export interface Absence {
  readonly emissions: readonly Emission[]
  readonly breaches: (reach: Reach) => Iterable<Breach>
}

/** About what one point lets pass, whatever arrives there: it holds even if all other layers fail. */
export interface PointInvariant extends Claim {
  readonly kind: 'point'
  readonly points: (proof: Proof) => readonly Point[]
  /** What the point may let pass. */
  readonly permitted: (proof: Proof, point: Point) => DiagramSet
  /** What the point must let pass, of what it is asked about; absent: nothing. */
  readonly demanded?: (proof: Proof, point: Point) => DiagramSet
}

/** About what one point that translates makes of packets, whatever arrives there. */
export interface PassageInvariant extends Claim {
  readonly kind: 'passage'
  readonly points: (proof: Proof) => readonly Point[]
  /** Packets as they come to the point: that pass and must not, or are stopped or led elsewhere and must not be. */
  readonly breaches: (proof: Proof, point: Point) => Iterable<Omit<Breach, 'at'>>
}

/** About the plan itself. */
export interface PlanInvariant extends Claim {
  readonly kind: 'plan'
  /**
   * Each with the site or point that it is about.
   * @param limit what is looked at; absent: everything. Nothing is missed if it is not heeded
   */
  readonly breaches: (proof: Proof, limit?: Limit) => readonly Remark[]
}

/** Packets that are where they must not be. */
export interface Breach {
  /** Node, or node and interface. */
  readonly at: string
  readonly packets: DiagramSet
  /** What they do there; absent: they are not to be there. */
  readonly does?:
    | 'goes round'
    | 'depends on its way'
    | 'has its answer lost'
    | 'has errors about it lost'
    | 'has errors about its answer lost'
    | Loss['does']
  /** Of answers: what they answer. */
  readonly answering?: Answered
}

/** Connections that a point remembers, and what comes back of them. */
export interface Answered {
  /** Where they were opened. */
  readonly point: Point
  /** The packets that opened them. */
  readonly opened: DiagramSet
  /** Whatever may answer some of these, as it comes back. */
  readonly answersTo: (opened: DiagramSet) => DiagramSet
}

/** What is wrong with the plan. */
export interface Remark {
  /** Site or point. */
  readonly at: string
  /** One sentence. */
  readonly text: string
}
