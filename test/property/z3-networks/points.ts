/**
 * What an enforcement point does with a packet of no known flow, written from docs/guide/semantics.md: tiers in order, in a tier of rules the first
 * that matches, the default last; what is in audit mode stops nothing. Packets are whole and well-formed, and bear the hardware address of
 * their machine; no limit is exceeded, no grant is in force.
 */
import {
  flowRules,
  isAudited,
  isDefaultAudited,
  type Match,
  type Point,
  rulesOfTier,
  type Tier,
  type Translation,
} from '../../../src/policy/index.ts'
import type { World } from '../../../src/trace/index.ts'
import {
  is,
  isEchoReply,
  isIcmp,
  matchFormula,
  type Name,
  names,
  type PacketTerms,
  within,
} from '../../../src/verify/testing/smt/packets.ts'
import { and, bits, type Definitions, ite, not, or } from '../../../src/verify/testing/smt/terms.ts'
import { applies, type Origin, opensTcp, origins, tellingPorts } from './translations.ts'

/** What became of the packet at the point. */
type Outcome =
  | { readonly kind: 'passed' }
  /** By the rule of this number in `rulesOf`, plus one. */
  | { readonly kind: 'stopped'; readonly by: number }
  | { readonly kind: 'translated'; readonly translation: Translation }

/** A way in which a packet may have come to leave a point. */
export interface Past {
  /** As it came to the point. */
  readonly before: PacketTerms
  /** What holds then of the packet that leaves. */
  readonly condition: string
}

export class PointTerms {
  readonly #definitions: Definitions
  readonly #ports: readonly bigint[]
  readonly #packets = new Map<string, PacketTerms>()
  readonly #matched = new WeakMap<Match, Asked>()
  readonly #pasts = new WeakMap<Point, Map<PacketTerms, readonly Past[]>>()

  constructor({ policy }: World, definitions: Definitions) {
    this.#definitions = definitions
    this.#ports = tellingPorts(policy)
  }

  /** Of a packet that leaves a point, all that it may have been; each packet is one object, however it comes about. */
  pasts(point: Point, packet: PacketTerms): readonly Past[] {
    const ofPoint = this.#pasts.get(point) ?? new Map<PacketTerms, readonly Past[]>()
    this.#pasts.set(point, ofPoint)
    const pasts = ofPoint.get(packet) ?? this.#pastsOf(point, packet)
    ofPoint.set(packet, pasts)
    return pasts
  }

  /** The number of the rule that stops a packet, plus one, in 16 bits; 0: none does. */
  stopping(point: Point, packet: PacketTerms): string {
    return this.#judged(point, packet, '(_ BitVec 16)', (outcome) =>
      bits(outcome.kind === 'stopped' ? outcome.by : 0, 16),
    )
  }

  #pastsOf(point: Point, packet: PacketTerms): readonly Past[] {
    const unchanged = this.#judged(point, packet, 'Bool', ({ kind }) => `${kind === 'passed'}`)
    const pasts = [{ before: packet, condition: unchanged }]
    for (const tier of point.tiers)
      if (tier.kind === 'translation')
        for (const by of tier.translations)
          for (const origin of origins(by, packet, this.#ports))
            if (origin.condition !== 'false') pasts.push(this.#translated(point, packet, by, origin))
    return pasts.filter(({ condition }) => condition !== 'false')
  }

  #translated(point: Point, packet: PacketTerms, by: Translation, origin: Origin): Past {
    const made = { ...packet, ...origin.before }
    const key = Object.values(made).join()
    const before = this.#packets.get(key) ?? made
    this.#packets.set(key, before)
    const translated = this.#judged(
      point,
      before,
      'Bool',
      (outcome) => `${outcome.kind === 'translated' && outcome.translation === by}`,
    )
    return { before, condition: this.#definitions.name(and([origin.condition, translated])) }
  }

  #judged(point: Point, packet: PacketTerms, sort: string, leaf: (outcome: Outcome) => string): string {
    const passed = leaf({ kind: 'passed' })
    let number = point.tiers.reduce((sum, tier) => sum + rulesOfTier(tier).length, 1)
    let rest = isDefaultAudited(point) ? passed : leaf({ kind: 'stopped', by: number })
    for (const tier of point.tiers.toReversed()) {
      number -= rulesOfTier(tier).length
      const first = number
      const stopped = (index: number) => leaf({ kind: 'stopped', by: first + index })
      rest = this.#definitions.name(this.#asked(tier, packet, { passed, stopped, leaf, rest }), sort)
    }
    const inScope = point.scope ? this.#matches(point.scope, packet) : 'true'
    return this.#definitions.name(ite(inScope, rest, passed), sort)
  }

  /** That a match holds; said once of all packets that are alike in what it asks about. */
  #matches(match: Match, packet: PacketTerms): string {
    const known = this.#matched.get(match) ?? { asks: fieldsOf(match), terms: new Map<string, string>() }
    this.#matched.set(match, known)
    const key = known.asks.map((name) => packet[name]).join()
    const term = known.terms.get(key) ?? this.#definitions.name(matchFormula(match, packet))
    known.terms.set(key, term)
    return term
  }

  #asked(tier: Tier, packet: PacketTerms, { passed, stopped, leaf, rest }: Answers): string {
    switch (tier.kind) {
      case 'port':
      case 'shape':
      case 'limit':
        return rest
      case 'flow':
        return ite(needsFlow(packet), stopped(flowRules(tier).indexOf(tier.noFlow)), rest)
      case 'grants':
        return isAudited(tier, tier.noGrant) ? rest : ite(this.#matches(tier.match, packet), stopped(1), rest)
      case 'rules':
        return tier.rules.reduceRight((others, rule, index) => {
          if (isAudited(tier, rule)) return others
          const answer = { allow: passed, deny: stopped(index), next: rest }[rule.action]
          return ite(this.#matches(rule.match, packet), answer, others)
        }, rest)
      case 'translation':
        return tier.translations.reduceRight(
          (others, translation) =>
            ite(applies(translation, packet), leaf({ kind: 'translated', translation }), others),
          rest,
        )
    }
  }
}

/** What a match says of packets, by the fields that it asks about. */
interface Asked {
  readonly asks: readonly Name[]
  readonly terms: Map<string, string>
}

/** Header fields that a match asks about. */
const fieldsOf = (match: Match): readonly Name[] =>
  names.filter((name) => {
    if (name === 'family') return match.family !== undefined || match.source || match.destination
    if (name === 'sourcePort') return match.sourcePorts
    return name === 'destinationPort' ? match.destinationPorts : match[name] !== undefined
  })

/** Terms for what a tier may say; `rest`: that the next tier is asked. */
interface Answers {
  readonly passed: string
  /** @param index of the rule in its tier */
  readonly stopped: (index: number) => string
  readonly leaf: (outcome: Outcome) => string
  readonly rest: string
}

/** What can neither open a flow nor is outside all flows: TCP but SYN alone, echo replies, ICMP errors (RFC 792, RFC 4443 section 2.1). */
const needsFlow = (packet: PacketTerms): string =>
  or([
    and([is('protocol', 6, packet), not(opensTcp(packet))]),
    isEchoReply(packet),
    and([isIcmp(4, packet), or([3, 11, 12].map((type) => is('icmpType', type, packet)))]),
    and([isIcmp(6, packet), within('icmpType', 1, 4, packet)]),
  ])
