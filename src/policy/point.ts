/**
 * Enforcement points: a place in the network where packets are judged, as an ordered list of tiers. Each tier
 * answers allow, deny or next; what no tier decided is denied by the point's own `default/deny` rule.
 */
import type { Prefix } from '../net/index.ts'
import type { OddReason } from '../wire/headers.ts'
import type { Rule } from './rule.ts'

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
   * Packets it is asked about; absent: all. A host filter is asked only about packets to (or from) the host itself;
   * others pass it by untouched and uncounted.
   */
  readonly scope?: { readonly source?: readonly Prefix[]; readonly destination?: readonly Prefix[] }
  /** Id of the flow table shared with the opposite direction; absent: the point is stateless. */
  readonly flowTable?: string
  readonly tiers: readonly Tier[]
  /** The last rule of the point: denies what no tier decided. */
  readonly defaultDeny: Rule
}

export type Tier = ShapeTier | FlowTier | RuleTier | TranslationTier

/** Decides by the shape of the frame: odd frames get the action listed, well-formed IP goes to the next tier. */
export interface ShapeTier {
  readonly kind: 'shape'
  readonly name: string
  /** One rule for each reason, whose `match` is empty: the reason is the condition. `next` is not an answer here. */
  readonly reasons: Readonly<Record<OddReason, Rule>>
}

/**
 * Allows packets of known flows, and ICMP errors about them; only in a point with a flow table, and needed there.
 *
 * - `established`: the packet's five-tuple, or its reverse, is in the flow table and not timed out: allow.
 * - `related`: an ICMP error that quotes a packet of a known flow: allow.
 * - `no-flow`: a packet that can only be part of a flow, of which none is known: deny. These are TCP without SYN or
 *   with ACK, ICMP echo replies, and ICMP errors.
 *
 * A packet that a later rule tier of the same point allows opens a flow: TCP, UDP, echo requests; other protocols by
 * their addresses.
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

export type Translation = import('./translation.ts').Translation
