/**
 * An enforcement point of rules as an eBPF program: what `judge` in `policy/evaluate.ts` says of a frame, the program says
 * too, and counts under the same rule. Rules become code; a rule that cannot match costs nothing.
 */
import {
  type Label,
  type MapSpec,
  ProgramBuilder,
  type ProgramSpec,
  type StackSlot,
  type Value,
} from '../bpf/index.ts'
import type { Family } from '../net/index.ts'
import {
  type GrantsTier,
  isAudited,
  isDefaultAudited,
  type Match,
  matchesOf,
  matchProblem,
  type Point,
  type PortOffence,
  type PortTier,
  type Rule,
  rulesOf,
  type Tier,
  type TranslationTier,
} from '../policy/index.ts'
import type { OddReason } from '../wire/index.ts'
import { setKey, setsOf } from './address-sets.ts'
import { type Scratch, scratch } from './balance/egress.ts'
import type { BalancerMaps } from './balance/maps.ts'
import { emitTranslationTier } from './balance/translate.ts'
import { emitFlowTier, emitOpen, type FlowContext } from './emit/flow.ts'
import { emitFrame, type Frame, type Hook, verdictOf } from './emit/frame.ts'
import { emitGrant } from './emit/grants.ts'
import { type AddressSets, appliesTo, emitFields, emitMatch, type Fields } from './emit/match.ts'
import { emitParse, type OddLabels, type Parsed } from './emit/parse.ts'
import {
  emitArp,
  emitDiscovery,
  emitHardwareAddress,
  type OffenceLabels,
  type PortContext,
} from './emit/port.ts'
import { type VerdictExit, verdictExit } from './emit/verdict.ts'
import type { EventKind, EventMaps } from './event-map.ts'
import { flowValue } from './flow-map.ts'

export interface FilterOptions {
  /** At most 15 characters; the kernel shows it. */
  readonly name: string
  readonly hook: Hook
  readonly counters: MapSpec
  /** Where it tells of packets; absent: nowhere. */
  readonly events?: EventMaps
  /** What the program returns for packets that it allows. Absent: they go on, to the next program or the stack. */
  readonly allow?: number
  /** Needed by points with a flow tier. */
  readonly flows?: Readonly<Record<Family, MapSpec>>
  /** Needed by points with a grants tier. */
  readonly grants?: Readonly<Record<Family, MapSpec>>
  /** Needed by points with sets of addresses that are data. */
  readonly sets?: Readonly<Record<Family, MapSpec>>
  /** Needed by points with a translation tier. */
  readonly balancer?: Readonly<Record<Family, BalancerMaps>>
}

/**
 * Compiles a point into a template: its parameters (`filter-template.ts`) are what differs between
 * points of the same rules. Throws `TypeError` on rules that make no sense (see `matchProblem`).
 */
export function compileFilter(point: Point, options: FilterOptions): ProgramSpec {
  return new FilterCompiler(point, options).compile()
}

interface Allowance {
  /** What is told of the packet; absent: that it passed, or opened a flow. */
  readonly kind?: EventKind
  /** When the flow that it opens ends. */
  readonly until?: Value
}

class FilterCompiler {
  readonly #point: Point
  readonly #options: FilterOptions
  readonly #b: ProgramBuilder
  readonly #frame: Frame
  readonly #exit: VerdictExit
  readonly #slots: ReadonlyMap<Rule, number>
  readonly #malformed: Label
  readonly #sets: AddressSets | undefined
  /** Stack memory of translations, made when a tier first needs it. */
  #scratch: Scratch | undefined
  /** Stack memory of a flow that is opened, likewise. */
  #opening: StackSlot | undefined

  constructor(point: Point, options: FilterOptions) {
    this.#point = point
    this.#options = options
    const { name, hook, counters, events, allow = verdictOf[hook].allow } = options
    this.#b = new ProgramBuilder({ name, type: hook === 'xdp' ? 'xdp' : 'sched_cls', license: 'GPL' })
    this.#frame = emitFrame(this.#b, hook)
    this.#malformed = this.#b.label('malformed')
    this.#exit = verdictExit(this.#b, this.#frame, counters, { allow, deny: verdictOf[hook].deny }, events)
    this.#sets = this.#makeSets()
    this.#slots = new Map(rulesOf(point).map(({ rule }, index) => [rule, index]))
    for (const { rule, audited } of rulesOf(point)) {
      const problem = matchProblem(rule.match) ?? auditProblem(rule, audited)
      if (problem) throw new TypeError(`compile rule ${rule.id} of ${point.id}: ${problem}`)
    }
  }

  compile(): ProgramSpec {
    const b = this.#b
    const { labels, rules } = this.#oddFrames()
    const tier = this.#portTier()
    const port = tier && this.#portContext(tier)
    emitParse(
      b,
      this.#frame,
      labels,
      (parsed) => this.#judge(parsed),
      () => port && emitHardwareAddress(port),
    )
    for (const reason of Object.keys(labels) as OddReason[]) {
      b.place(labels[reason])
      if (port && reason === 'arp') emitArp(port)
      if (port && reason === 'neighbour-discovery') emitDiscovery(port)
      this.#decide(rules[reason])
    }
    for (const offence of Object.keys(port?.offence ?? {}) as PortOffence[]) {
      b.place((port as PortContext).offence[offence])
      this.#decide((tier as PortTier).offences[offence])
    }
    this.#exit.close()
    return b.build()
  }

  #oddFrames(): { labels: OddLabels; rules: Readonly<Record<OddReason, Rule>> } {
    const shape = this.#point.tiers.find((tier) => tier.kind === 'shape')
    if (!shape) throw new TypeError(`compile ${this.#point.id}: its first tier must be a shape tier`)
    const entries = Object.keys(shape.reasons).map((reason) => [
      reason,
      reason === 'malformed' ? this.#malformed : this.#b.label(reason),
    ])
    return { labels: Object.fromEntries(entries), rules: shape.reasons }
  }

  #portTier(): PortTier | undefined {
    const [tier, another] = this.#point.tiers.filter((candidate) => candidate.kind === 'port')
    if (another)
      throw new TypeError(`compile ${this.#point.id}: it has two port tiers; a port has one machine`)
    return tier
  }

  #portContext({ addresses, offences }: PortTier): PortContext {
    const labels = Object.keys(offences).map((offence) => [offence, this.#b.label(offence)])
    return {
      b: this.#b,
      frame: this.#frame,
      families: addresses.map(({ family }) => family),
      offence: Object.fromEntries(labels) as OffenceLabels,
      short: this.#malformed,
    }
  }

  #judge(parsed: Parsed): void {
    const { tiers, scope } = this.#point
    const matches = [...(scope ? [scope] : []), ...tiers.flatMap(matchesOf)].filter((match) =>
      appliesTo(match, parsed.family),
    )
    const fields = emitFields(this.#b, this.#frame, parsed, matches, this.#point.behind ?? [], this.#sets)
    if (scope && !this.#enterScope(scope, fields)) return
    let flow: StackSlot | undefined
    for (const tier of tiers) {
      if (tier.kind === 'flow') flow = this.#flowTier(tier, parsed)
      else if (tier.kind === 'rules' && this.#ruleTier(tier, fields, flow)) return
      else if (tier.kind === 'grants') this.#grantsTier(tier, fields, flow)
      else if (tier.kind === 'translation') this.#translationTier(tier, parsed)
    }
    this.#default(parsed.family, flow)
  }

  /** What no tier decided: denied, or in audit mode allowed, and then as if a rule had allowed it. */
  #default(family: Family, flow: StackSlot | undefined): void {
    const { defaultDeny } = this.#point
    if (isDefaultAudited(this.#point)) this.#allow(defaultDeny, family, flow, { kind: 'audit' })
    else this.#decide(defaultDeny)
  }

  /** False if no packet of the family is in scope: then the code has ended. */
  #enterScope(scope: Match, fields: Fields): boolean {
    const b = this.#b
    if (!appliesTo(scope, fields.parsed.family)) {
      this.#exit.passBy()
      return false
    }
    const outside = b.label('outside')
    const inside = b.label('inside')
    emitMatch(b, fields, scope, outside)
    b.jump(inside)
    b.place(outside)
    this.#exit.passBy()
    b.place(inside)
    return true
  }

  #flowTier(tier: Extract<Tier, { kind: 'flow' }>, parsed: Parsed): StackSlot {
    const b = this.#b
    const labels = {
      established: b.label('established'),
      related: b.label('related'),
      noFlow: b.label('no-flow'),
    }
    const key = emitFlowTier(b, this.#frame, parsed, this.#flowContext(), labels)
    const onward = b.label('onward')
    b.jump(onward)
    for (const answer of ['established', 'related', 'noFlow'] as const) {
      b.place(labels[answer])
      this.#decide(tier[answer])
    }
    b.place(onward)
    return key
  }

  /** True if every packet was decided, so that nothing after this tier is reached. */
  #ruleTier(tier: Extract<Tier, { kind: 'rules' }>, fields: Fields, flow: StackSlot | undefined): boolean {
    const b = this.#b
    const nextTier = b.label(`after-${tier.name}`)
    let reachesNext = false
    for (const rule of tier.rules) {
      if (!appliesTo(rule.match, fields.parsed.family)) continue
      const miss = b.label('miss')
      b.note(rule.id, () => {
        emitMatch(b, fields, rule.match, miss)
        if (isAudited(tier, rule)) this.#exit.audit(this.#slotOf(rule))
        else if (rule.action === 'next') b.jump(nextTier)
        else this.#decide(rule, fields.parsed.family, flow)
      })
      if (isAudited(tier, rule)) {
        b.place(miss)
        continue
      }
      reachesNext ||= rule.action === 'next'
      if (matchesAll(rule.match, fields.parsed.family)) {
        if (reachesNext) b.place(nextTier)
        return !reachesNext
      }
      b.place(miss)
    }
    if (reachesNext) b.place(nextTier)
    return false
  }

  #grantsTier(tier: GrantsTier, fields: Fields, flow: StackSlot | undefined): void {
    const b = this.#b
    const { family } = fields.parsed
    const { grants } = this.#options
    if (!grants) throw new TypeError(`compile ${this.#point.id}: a grants tier needs grant maps`)
    if (!appliesTo(tier.match, family)) return
    const onward = b.label(`after-${tier.name}`)
    const none = b.label('no-grant')
    emitMatch(b, fields, tier.match, onward)
    const until = emitGrant(b, this.#frame, fields.parsed, grants[family], none)
    this.#allow(tier.granted, family, flow, { until })
    b.place(none)
    if (isAudited(tier, tier.noGrant)) this.#exit.audit(this.#slotOf(tier.noGrant))
    else this.#decide(tier.noGrant)
    b.place(onward)
  }

  #translationTier(tier: TranslationTier, parsed: Parsed): void {
    const { balancer } = this.#options
    if (!balancer)
      throw new TypeError(`compile ${this.#point.id}: a translation tier needs the balancer's maps`)
    this.#scratch ??= scratch(this.#b)
    emitTranslationTier(
      {
        b: this.#b,
        frame: this.#frame,
        parsed,
        maps: balancer[parsed.family],
        memory: this.#scratch,
        exit: this.#exit,
        short: this.#malformed,
        number: (rule) => this.#slots.get(rule) as number,
      },
      tier,
    )
  }

  #decide(rule: Rule, family?: Family, flow?: StackSlot): void {
    if (rule.action === 'next')
      throw new TypeError(`compile ${this.#point.id}: rule ${rule.id} cannot decide`)
    if (rule.action === 'allow') this.#allow(rule, family, flow)
    else this.#exit.decide('deny', this.#slotOf(rule))
  }

  #allow(rule: Rule, family?: Family, flow?: StackSlot, { kind, until }: Allowance = {}): void {
    const b = this.#b
    const slot = this.#slotOf(rule)
    const opens = flow !== undefined && family !== undefined
    if (opens) {
      this.#opening ??= b.stack(flowValue.size, 8)
      emitOpen(b, this.#flowMaps()[family], { key: flow, value: this.#opening, rule: b.mov(slot), until })
    }
    this.#exit.decide('allow', slot, kind ?? (opens ? 'flow' : 'pass'))
  }

  #slotOf(rule: Rule): number {
    const slot = this.#slots.get(rule)
    if (slot === undefined) throw new TypeError(`compile ${this.#point.id}: rule ${rule.id} is not its own`)
    return slot
  }

  #makeSets(): AddressSets | undefined {
    const lists = setsOf(this.#point)
    if (lists.length === 0) return undefined
    if (!this.#options.sets) throw new TypeError(`compile ${this.#point.id}: its sets need maps`)
    return { lists, maps: this.#options.sets, key: this.#b.stack(setKey[6].size, 4) }
  }

  #flowContext(): FlowContext {
    const { flow, id } = this.#point
    if (!flow) throw new TypeError(`compile ${id}: a flow tier needs the flow table of its point`)
    return { heading: flow.heading, maps: this.#flowMaps() }
  }

  #flowMaps(): Readonly<Record<Family, MapSpec>> {
    const { flows } = this.#options
    if (!flows) throw new TypeError(`compile ${this.#point.id}: a flow tier needs flow maps`)
    return flows
  }
}

/** Audit mode has a meaning for denials of rule tiers and the default deny alone: odd frames and strays have no further tier. */
const auditProblem = (rule: Rule, audited: boolean): string | undefined =>
  rule.audit && !audited ? 'audit mode is for denying rules of rule tiers and the default deny' : undefined

/** Whether a match, which applies to the family, holds for all its packets. */
const matchesAll = (match: Match, family: Family): boolean =>
  match.protocol === undefined &&
  [match.source, match.destination].every(
    (prefixes) => prefixes === undefined || prefixes.some((p) => p.family === family && p.length === 0),
  )
