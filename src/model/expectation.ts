/** What the owner of a network expects of it beside the built-in invariants, and which failures are borne for a time. */
import type { SourceRange } from '../file/source.ts'
import type { PortRange, Prefix } from '../net/index.ts'

/** A statement about packets, to be proven for all of them. */
export interface Expectation {
  /** `expect:NAME`, or `expect:3` for the third of the file that has no name. */
  readonly id: string
  /**
   * `allow`: every packet of the classes that an honest sender opens something with arrives, on every way. `deny`: whatever the senders
   * send, nothing of the classes arrives.
   */
  readonly verdict: 'allow' | 'deny'
  /** As it was written, for people: `internet to shop/worker, tcp 9000`. */
  readonly text: string
  readonly why?: string
  readonly at: SourceRange
  /** All of them are meant. */
  readonly classes: readonly TrafficClass[]
}

/** Packets by who sends them and where they go; an absent condition holds for all. */
export interface TrafficClass {
  readonly from: readonly Prefix[]
  readonly to: readonly Prefix[]
  readonly protocol?: number
  /** Destination ports. */
  readonly ports?: readonly PortRange[]
}

/** A failure that is known. Until its day comes, what it covers does not count. */
export interface Exception {
  /** Id of an invariant or an expectation. */
  readonly of: string
  /** Covers only packets with these sources. */
  readonly from?: readonly Prefix[]
  /** Covers only packets with these destinations. */
  readonly to?: readonly Prefix[]
  /** Covers only what happens at this node or point, below it, or at what the pattern matches. */
  readonly place?: string
  readonly why: string
  /** Milliseconds since 1970: from then on the failure counts. */
  readonly until: number
  readonly at: SourceRange
}
