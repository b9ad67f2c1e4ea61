/**
 * What a point does with every packet: the evaluator's `judge`, for all packets at once. The answer is a decision diagram whose values are the
 * numbers of the point's rules in `rulesOf`, plus one; 0 means that the point is not asked.
 *
 * Machines whose filters share a tier share its diagram, so that a tier is worked out once however many points have it.
 *
 * Taken for granted: a packet bears the hardware address of its machine (port security is about frames, not packets), no limit is exceeded, and no
 * grant is in force. Shape is not looked at: these are well-formed, whole packets.
 */
import { icmpOf } from '../../net/index.ts'
import {
  flowRules,
  isAudited,
  isDefaultAudited,
  type Point,
  type Rule,
  rulesOf,
  rulesOfTier,
  type Tier,
} from '../../policy/index.ts'
import { icmpEcho, icmpErrors } from '../../wire/index.ts'
import { constant, type Diagram, type DiagramSet, nothing } from '../diagram/index.ts'
import { icmpOfTypes, needingFlow, type PacketSets } from '../packets/index.ts'
import { ErrorDecisions } from './error-decisions.ts'

/** What is known of the flow that a packet belongs to. */
export type FlowKnowledge =
  /** Nothing: the packet is the first of its flow, or a stray. */
  | 'none'
  /** The flow is open, was allowed by the rules in force, and the packet fits it. Of an ICMP error: the flow that it is about. */
  | 'known'

export interface ThroughTier {
  readonly passed: DiagramSet
  /** Its values are the numbers of the rules that do it, plus one. */
  readonly stopped: Diagram
  readonly left: DiagramSet
}

const families = [4, 6] as const

export class PointDecisions {
  /** What filters do with ICMP errors about flows of which they know nothing. */
  readonly errors: ErrorDecisions
  readonly #sets: PacketSets
  readonly #tiers = new WeakMap<Tier, Map<string, Diagram>>()
  readonly #points = new WeakMap<Point, Map<FlowKnowledge, Diagram>>()
  readonly #allowed = new WeakMap<Point, Map<FlowKnowledge, DiagramSet>>()
  readonly #scopes = new WeakMap<Point, DiagramSet>()
  readonly #verdicts = new WeakMap<Point, readonly boolean[]>()
  readonly #lengths = new WeakMap<Tier, number>()
  /** Packets that can neither open a flow nor are outside all flows: what is denied without one. */
  readonly #needsFlow: DiagramSet
  readonly #errors: DiagramSet
  /** Packets that are of a flow if there is one. */
  readonly #tracked: DiagramSet

  constructor(sets: PacketSets) {
    this.#sets = sets
    this.errors = new ErrorDecisions(sets, this)
    this.#errors = icmpOfTypes(sets, (family) => icmpErrors[family])
    this.#needsFlow = needingFlow(sets)
    const echo = icmpOfTypes(sets, (family) => [icmpEcho[family].reply, icmpEcho[family].request])
    const icmp = sets.union(families.map((family) => sets.match({ family, protocol: icmpOf(family) })))
    this.#tracked = sets.without(sets.all, sets.without(icmp, echo))
  }

  /** The rule that decides about each packet, as its number in `rulesOf` plus one; 0 for those that the point passes by. */
  of(point: Point, knowledge: FlowKnowledge = 'none'): Diagram {
    return memoized(this.#points, point, knowledge, () => {
      const sets = this.#sets
      const decisions: Diagram[] = []
      let before = 0
      for (const tier of point.tiers) {
        decisions.push(this.tier(tier, before, knowledge))
        before += this.lengthOf(tier)
      }
      const all = sets.first([...decisions, constant(before + 1)])
      return sets.mask(sets.mask(sets.all, this.scopeOf(point)), all)
    })
  }

  /** Packets that the point is asked about. */
  scopeOf(point: Point): DiagramSet {
    if (!point.scope) return this.#sets.all
    const known = this.#scopes.get(point) ?? this.#sets.match(point.scope)
    this.#scopes.set(point, known)
    return known
  }

  /** Packets that the point lets pass, those that it is not asked about among them. */
  allowed(point: Point, knowledge: FlowKnowledge = 'none'): DiagramSet {
    return memoized(this.#allowed, point, knowledge, () => {
      const verdicts = this.verdictsOf(point)
      const denied = this.#sets.where(this.of(point, knowledge), (value) => value > 0 && !verdicts[value - 1])
      return this.#sets.without(this.#sets.all, denied)
    })
  }

  /** Of each rule of a point, by its number, whether what it decides passes. */
  verdictsOf(point: Point): readonly boolean[] {
    const known = this.#verdicts.get(point)
    if (known) return known
    const rules = rulesOf(point)
    const made = rules.map(({ rule }, index) =>
      index === rules.length - 1 ? isDefaultAudited(point) : rule.action !== 'deny',
    )
    this.#verdicts.set(point, made)
    return made
  }

  /**
   * Of packets of no known flow that come to a tier of a point: what it lets pass, which rule stops others, and what it leaves to the next.
   * @param before as in {@link tier}
   */
  through(point: Point, tier: Tier, before: number, packets: DiagramSet): ThroughTier {
    const sets = this.#sets
    const verdicts = this.verdictsOf(point)
    const decided = sets.mask<Diagram>(packets, this.tier(tier, before, 'none'))
    return {
      passed: sets.where(decided, (value) => value > 0 && verdicts[value - 1] === true),
      stopped: sets.map(decided, (value) => (value > 0 && !verdicts[value - 1] ? value : 0)),
      left: sets.without(packets, decided),
    }
  }

  /** How many rules a tier has. */
  lengthOf(tier: Tier): number {
    const known = this.#lengths.get(tier) ?? rulesOfTier(tier).length
    this.#lengths.set(tier, known)
    return known
  }

  /**
   * The rule of a tier that decides about each packet, numbered as in its point; 0 for those that it leaves to the next tier.
   * @param before rules of the tiers before it
   */
  tier(tier: Tier, before: number, knowledge: FlowKnowledge): Diagram {
    return memoized(this.#tiers, tier, `${before} ${knowledge}`, () => {
      switch (tier.kind) {
        case 'port':
        case 'shape':
        case 'limit':
          return nothing
        case 'flow': {
          const number = (rule: Rule) => constant(before + 1 + flowRules(tier).indexOf(rule))
          if (knowledge === 'none') return this.#sets.mask(this.#needsFlow, number(tier.noFlow))
          return this.#sets.override(
            this.#sets.mask(this.#errors, number(tier.related)),
            this.#sets.mask(this.#tracked, number(tier.established)),
          )
        }
        case 'rules': {
          const asked = tier.rules.map((rule, index) =>
            isAudited(tier, rule)
              ? nothing
              : this.#sets.mask(this.#sets.match(rule.match), constant(before + 1 + index)),
          )
          return this.#sets.map(this.#sets.first<Diagram>(asked), (value) =>
            value > 0 && tier.rules[value - 1 - before]?.action === 'next' ? 0 : value,
          )
        }
        case 'grants':
          return isAudited(tier, tier.noGrant)
            ? nothing
            : this.#sets.mask(this.#sets.match(tier.match), constant(before + 2))
        case 'translation':
          throw new TypeError('decide for all packets: a translation rewrites them (see the network walk)')
      }
    })
  }
}

function memoized<K extends object, L, V>(map: WeakMap<K, Map<L, V>>, key: K, second: L, make: () => V): V {
  const inner = map.get(key) ?? new Map<L, V>()
  map.set(key, inner)
  const value = inner.get(second) ?? make()
  inner.set(second, value)
  return value
}
