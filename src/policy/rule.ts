/** Rules: a condition on packet headers, what to do about it, and who wrote it. */

import type { SourceRange } from '../file/source.ts'
import type { Family, PortRange, Prefix } from '../net/index.ts'

/** `next` leaves the tier without a decision, so that the following tier is asked. */
export type Action = 'allow' | 'deny' | 'next'

/** Where a rule came from. Nothing that handles rules may lose it. */
export type Origin =
  /** A line of a file that a person wrote: the network file, a service definition. */
  | { readonly kind: 'file'; readonly at: SourceRange }
  /** A template of the product or the network: the line of its file, if it has one, and the line which made it apply. */
  | {
      readonly kind: 'template'
      readonly name: string
      readonly line?: SourceRange
      readonly at?: SourceRange
    }
  /** The semantics of Glacis itself: default deny, malformed packets, flow tracking. */
  | { readonly kind: 'built-in'; readonly name: string }

/** All given conditions must hold; an absent condition holds for every packet, an empty list for none. */
export interface Match {
  readonly family?: Family
  readonly source?: readonly Prefix[]
  readonly destination?: readonly Prefix[]
  /** IP protocol number. Required with ports (6 or 17), flags (6) and ICMP types (1 or 58). */
  readonly protocol?: number
  readonly sourcePorts?: readonly PortRange[]
  readonly destinationPorts?: readonly PortRange[]
  /** Holds if `(flags & mask) === value`. */
  readonly tcpFlags?: { readonly mask: number; readonly value: number }
  readonly icmpType?: number
  readonly icmpCode?: number
}

/** One rule. `id` is unique within its point, kebab-case words joined by `/`, e.g. `role/https`. */
export interface Rule {
  readonly id: string
  readonly action: Action
  readonly match: Match
  readonly origin: Origin
  /** One sentence for people: what this rule is there for. */
  readonly why: string
  /**
   * Audit mode, of a denying rule in a rule tier or of a default deny: packets that it matches are counted and reported under it, and
   * judged on as if it were not there.
   */
  readonly audit?: true
}
