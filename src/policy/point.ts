/**
 * Enforcement points: a place in the network where packets are judged, as an ordered list of tiers. Each tier
 * answers allow, deny or next; what no tier decided is denied by the point's own `default/deny` rule.
 */
import type { Ip, Prefix } from '../net/index.ts'
import type { OddReason } from '../wire/headers.ts'
import type { Match, Rule } from './rule.ts'
import type { Translation } from './translation.ts'

export type PointKind = 'access-router' | 'balancer' | 'hypervisor' | 'host'

/** One direction of one filter. A stateful filter is two points that share a flow table. */
export interface Point {
  /** `node/filter/direction`, e.g. `west/ar1/external/in`, `west/host1/vm/shop-web-0/out`. */
  readonly id: string
  readonly kind: PointKind
  /** Id of the node that enforces it. */
  readonly node: string
  /** Names of the node's interfaces on which it stands. */
  readonly interfaces: readonly string[]
  /** `in`: packets that the node receives there. `out`: packets that it sends there. */
  readonly direction: 'in' | 'out'
  /**
   * Well-formed IP packets it is asked about; absent: all. A host filter is asked only about packets to (or from) the
   * host itself; others pass it by untouched and uncounted. Odd frames are always judged, by the shape tier.
   */
  readonly scope?: Scope
  /** Addresses of the one machine behind the filter, where there is one. Rules about them differ from machine to machine. */
  readonly behind?: readonly Ip[]
  /** The flow table shared with the opposite direction; absent: the point is stateless. */
  readonly flow?: FlowUse
  readonly tiers: readonly Tier[]
  /** The last rule of the point: denies what no tier decided. */
  readonly defaultDeny: Rule
  /** The default deny is in audit mode (`Rule.audit`): what no tier decided is counted under it, and allowed. */
  readonly audit?: true
}

/** How a stateful point uses its flow table. */
export interface FlowUse {
  /** Id of the table. */
  readonly table: string
  /** Whether the packets judged here go to the end behind the filter (a VM, a host partition) or come from it. */
  readonly heading: 'to-local' | 'from-local'
}

/** Both conditions must hold; an absent one holds for every packet. */
export interface Scope {
  readonly source?: readonly Prefix[]
  readonly destination?: readonly Prefix[]
}

export type Tier = ShapeTier | FlowTier | RuleTier | GrantsTier | TranslationTier

/** Decides by the shape of the frame: odd frames get the action listed, well-formed IP goes to the next tier. */
export interface ShapeTier {
  readonly kind: 'shape'
  readonly name: string
  /** One rule for each reason, whose `match` is empty: the reason is the condition. `next` is not an answer here. */
  readonly reasons: Readonly<Record<OddReason, Rule>>
}

/**
 * Tracks flows; only in a point with a flow table, and needed there. A flow is a protocol and two ends, each an address
 * and a port: `local`, the end behind the filter, and `remote`. A packet at a `to-local` point goes from
 * remote to local, at a `from-local` point from local to remote. ICMP and ICMPv6 echo use the identifier as the requester's port and 0 as the
 * other; protocols without ports use 0 for both.
 *
 * - ICMP errors: allowed by `related` if the packet they quote, which went the other way, is of a known flow and was sent
 *   by the error's destination; else denied by `noFlow`.
 * - `established`: any other packet of a known flow is allowed.
 * - `noFlow`: a packet which cannot open a flow is denied: TCP whose FIN, SYN, RST and ACK bits are not SYN alone, and
 *   echo replies.
 *
 * What a later rule tier of the same point allows opens a flow. A flow is known until it was idle for its protocol's
 * timeout (`flowTimeout`).
 */
export interface FlowTier {
  readonly kind: 'flow'
  readonly name: string
  readonly established: Rule
  readonly related: Rule
  readonly noFlow: Rule
}

/** The first rule that matches decides; if none does, the next tier is asked. */
export interface RuleTier {
  readonly kind: 'rules'
  readonly name: string
  readonly rules: readonly Rule[]
  /** Every denying rule of the tier is in audit mode (`Rule.audit`). */
  readonly audit?: true
}

/**
 * Access for a limited time. A packet that `match` holds for is allowed by `granted` if a grant for its source, destination, protocol
 * and destination port is in force, which counts as a use of the grant; else it is denied by `noGrant`. Others go to the next tier.
 * A flow that a grant opened ends with the grant, however busy it is.
 */
export interface GrantsTier {
  readonly kind: 'grants'
  readonly name: string
  /** What needs a grant. */
  readonly match: Match
  /** `match` of both rules is that of the tier, so that listings show it. */
  readonly granted: Rule
  readonly noGrant: Rule
  /** `noGrant` is in audit mode (`Rule.audit`). */
  readonly audit?: true
}

/**
 * A balancer's tier: packets that a rule matches are rewritten and allowed. See `translation.ts` for what is
 * rewritten. Its rules have the action `allow`.
 */
export interface TranslationTier {
  readonly kind: 'translation'
  readonly name: string
  readonly translations: readonly Translation[]
}
