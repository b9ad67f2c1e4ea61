/**
 * Enforcement points: a place in the network where packets are judged, as an ordered list of tiers. Each tier
 * answers allow, deny or next; what no tier decided is denied by the point's own `default/deny` rule.
 */
import type { Family, Ip, Mac, Prefix } from '../net/index.ts'
import type { OddReason } from '../wire/headers.ts'
import type { Match, Rule } from './rule.ts'
import type { Translation } from './translation.ts'

export type PointKind =
  | 'access-router'
  | 'balancer'
  | 'distribution-router'
  | 'hypervisor'
  | 'host'
  | 'native-host'
  | 'guest'

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
  /**
   * Lists of addresses in its rules (the same objects, each of single addresses) that differ from those of other points with the same
   * rules. They have no meaning of their own: the data plane keeps them in maps, so that such points share a program.
   */
  readonly sets?: readonly (readonly Prefix[])[]
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
  /** Flows that the table keeps of each family; absent: `defaultQuota`. */
  readonly quota?: number
  /**
   * What the filter's other point asks about packets that open flows: by it, flows that the other side opened are judged again when
   * rules have changed. Absent: none of them is allowed any more. `linkFlows` fills it in.
   */
  readonly opposite?: OpeningRules
}

/** The part of a stateful point by which openings are judged: the tiers behind its flow tier, and its default deny. */
export interface OpeningRules {
  readonly tiers: readonly OpeningTier[]
  /** The default deny is in audit mode: what no tier decides is allowed. */
  readonly audit: boolean
}

export type OpeningTier = RuleTier | GrantsTier

/** Both conditions must hold; an absent one holds for every packet. */
export interface Scope {
  readonly source?: readonly Prefix[]
  readonly destination?: readonly Prefix[]
}

export type Tier = PortTier | ShapeTier | FlowTier | RuleTier | GrantsTier | LimitTier | TranslationTier

/**
 * Port security: denies what the one machine behind the port cannot honestly say about itself on the link. Asked of every frame,
 * odd ones included, before all other tiers; what it has nothing against goes on to them. `port-security.ts` is its meaning.
 */
export interface PortTier {
  readonly kind: 'port'
  readonly name: string
  /** Hardware address of the machine's interface. */
  readonly mac: Mac
  /** Addresses of the machine, at most one per family. */
  readonly addresses: readonly Ip[]
  /** IPv6 link-local address of the interface. */
  readonly linkLocal: Ip
  /** One rule for each offence, whose `match` is empty. `next` is not an answer here. */
  readonly offences: Readonly<Record<PortOffence, Rule>>
}

/**
 * What is held against a frame; the first that applies decides.
 *
 * - `hardware-address`: the Ethernet header bears a source that is not the machine's
 * - `arp-form`: ARP that is not a request or reply about IPv4 on Ethernet (RFC 826)
 * - `arp-hardware`: the sender's hardware address is not the machine's
 * - `arp-address`: the sender's IPv4 address is not the machine's; or it is 0.0.0.0, and that is not a request for the machine's own
 *   address, as probes are (RFC 5227 section 2.1.1)
 * - `router`: a router advertisement or a redirect (RFC 4861 sections 4.2 and 4.5)
 * - `discovery-form`: a solicitation or advertisement that is cut short or has options that cannot be read (see `Discovery`)
 * - `discovery-source`: its source is neither the machine's nor, in a solicitation, `::`
 * - `discovery-target`: an advertisement, or a solicitation from `::`, about an address that is not the machine's: the first would
 *   steal it, the second keeps its owner from taking it (RFC 4862 section 5.4)
 * - `discovery-hardware`: a link-layer address in an option is not the machine's
 */
export type PortOffence =
  | 'hardware-address'
  | 'arp-form'
  | 'arp-hardware'
  | 'arp-address'
  | 'router'
  | 'discovery-form'
  | 'discovery-source'
  | 'discovery-target'
  | 'discovery-hardware'

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
 * other; protocols without ports use 0 for both. What each packet makes of its flow: `flow-state.ts`; how many there may be:
 * `flow-table.ts`.
 *
 * - ICMP errors: allowed by `related` if the packet they quote, which went the other way, is of a known flow that was judged by the rules
 *   in force, and was sent by the error's destination; else denied by `noFlow`. They change nothing.
 * - Other ICMP but echo is of no flow: the next tiers decide, and nothing is remembered.
 * - `established`: a packet of a known flow is allowed.
 * - `revoked`: the flow was allowed by rules of an earlier epoch, and those of the point at which it was opened do not allow its opening any more: the
 *   packet is denied, and the flow forgotten. What they still allow is of the new epoch.
 * - `noFlow`: a packet which neither belongs to a known flow nor can open one is denied: TCP whose FIN, SYN, RST and ACK bits
 *   are not SYN alone, and echo replies; so is one that does not fit what the flow has come to.
 * - What a later rule tier of the same point allows opens a flow; `full`: denied, because the filter has no room for it.
 */
export interface FlowTier {
  readonly kind: 'flow'
  readonly name: string
  readonly established: Rule
  readonly related: Rule
  readonly noFlow: Rule
  readonly revoked: Rule
  readonly full: Rule
}

/** The rules of a flow tier, in the order in which they are numbered. */
export const flowRules = ({ established, related, noFlow, revoked, full }: FlowTier): readonly Rule[] => [
  established,
  related,
  noFlow,
  revoked,
  full,
]

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
 * Rate limits, asked in order. A packet that is over a limit is denied by the limit's rule and takes nothing from that limit's bucket,
 * though from those before; what is within all of them goes to the next tier. `limit.ts` is its meaning.
 */
export interface LimitTier {
  readonly kind: 'limit'
  readonly name: string
  /** Audit mode of all its rules; see `Rule.audit`. */
  readonly audit?: true
  readonly limits: readonly Limit[]
}

/** A family of token buckets, one for each key. A new bucket is full. Two points of a node that share a limit share its buckets. */
export interface Limit {
  /** Denies what is over the limit. Its `match` is empty. */
  readonly rule: Rule
  readonly key: LimitKey
  /** At least one of the two; a packet must be within both. */
  readonly packets?: Rate
  /** Of the whole frame, from its Ethernet header, as counters count. */
  readonly bytes?: Rate
}

/** By which of its addresses a packet finds its bucket. */
export type LimitKey =
  /** Every prefix of a length has a bucket; the least recently used ones give way when there are too many. */
  | {
      readonly kind: 'prefix'
      readonly end: 'source' | 'destination'
      readonly length: Readonly<Record<Family, number>>
    }
  /** Every listed address has a bucket that is always there; all others of a family share one. */
  | {
      readonly kind: 'address'
      readonly end: 'source' | 'destination'
      readonly addresses: readonly Ip[]
    }

export interface Rate {
  readonly units: number
  /** In which so many units pass; default 1. */
  readonly seconds?: number
  /** Units that pass at once when there was a pause. */
  readonly burst: number
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
