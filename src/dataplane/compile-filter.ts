/**
 * An enforcement point of rules as an eBPF program: what `judge` in `policy/evaluate.ts` says of a frame, the program says
 * too, and counts under the same rule. Rules become code; a rule that cannot match costs nothing.
 */
import { type Label, type MapSpec, ProgramBuilder, type ProgramSpec } from '../bpf/index.ts'
import type { Family } from '../net/index.ts'
import {
  type FlowTier,
  isAudited,
  isDefaultAudited,
  type Limit,
  type LimitTier,
  limitProblem,
  type Match,
  matchesOf,
  matchProblem,
  type Point,
  type PortOffence,
  type PortTier,
  type Rule,
  rulesOf,
  type TranslationTier,
} from '../policy/index.ts'
import type { OddReason } from '../wire/index.ts'
import { setKey, setsOf } from './address-sets.ts'
import { type Scratch, scratch } from './balance/egress.ts'
import type { BalancerMaps } from './balance/maps.ts'
import { emitTranslationTier } from './balance/translate.ts'
import { emitFlowTier } from './emit/flow.ts'
import type { FlowContext } from './emit/flow-context.ts'
import { emitOpen, maxRule } from './emit/flow-open.ts'
import { emitRejudge } from './emit/flow-rejudge.ts'
import { emitFrame, type Frame, type Hook, verdictOf } from './emit/frame.ts'
import { emitGrantsTier, type GrantQuestion } from './emit/grants.ts'
import { emitLimit, emitLimitClock, type LimitMemory, limitMemory } from './emit/limit.ts'
import { type AddressSets, appliesTo, emitFields, emitMatch, type Fields } from './emit/match.ts'
import { emitParse, type OddLabels, type Parsed } from './emit/parse.ts'
import {
  emitArp,
  emitDiscovery,
  emitHardwareAddress,
  type OffenceLabels,
  type PortContext,
} from './emit/port.ts'
import { emitRecord } from './emit/record.ts'
import { emitRuleTier, type Outcome } from './emit/rule-tier.ts'
import { type VerdictExit, verdictExit } from './emit/verdict.ts'
import type { EventKind, EventMaps } from './event-map.ts'
import { endless, type FlowMaps, flowKey, flowValue } from './flow-map.ts'
import { type LimitMaps, limitsOf } from './limit-map.ts'
import type { FilterRecords } from './record-map.ts'

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
  readonly flows?: Readonly<Record<Family, FlowMaps>>
  /** Needed by points with a grants tier. */
  readonly grants?: Readonly<Record<Family, MapSpec>>
  /** Needed by points with sets of addresses that are data. */
  readonly sets?: Readonly<Record<Family, MapSpec>>
  /** Needed by points with a limit tier. */
  readonly limits?: ReadonlyMap<Limit, LimitMaps>
  /** Needed by points with a translation tier. */
  readonly balancer?: Readonly<Record<Family, BalancerMaps>>
  /** Where what is the point's own is read from; absent: it is in the program. */
  readonly records?: FilterRecords
}

/**
 * Compiles a point into a template: its parameters (`filter-template.ts`) are what differs between
 * points of the same rules. Throws `TypeError` on rules that make no sense (see `matchProblem`).
 */
export function compileFilter(point: Point, options: FilterOptions): ProgramSpec {
  return new FilterCompiler(point, options).compile()
}

/** How what tiers behind a flow tier allow is remembered. */
interface Opening {
  readonly outcome: Outcome
  /** Emits the remembering; call once, behind all tiers. */
  close(): void
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
  /** Stack memory of flows, likewise. */
  #flowScratch: Pick<FlowContext, 'key' | 'value'> | undefined
  /** Where rules answer at once. */
  readonly #verdicts: Outcome

  /** Likewise of buckets. */
  #limitMemory: LimitMemory | undefined

  constructor(point: Point, options: FilterOptions) {
    this.#point = point
    this.#options = options
    const { name, hook, counters, events, allow = verdictOf[hook].allow } = options
    const type = hook === 'xdp' ? 'xdp' : 'sched_cls'
    // Where in this code each instruction comes from costs as much as all the rest; which rule it is for stays.
    this.#b = new ProgramBuilder({ name, type, license: 'GPL', notes: false })
    this.#frame = emitFrame(this.#b, hook)
    if (options.records) emitRecord(this.#b, hook, options.records)
    this.#malformed = this.#b.label('malformed')
    this.#exit = verdictExit(this.#b, this.#frame, counters, { allow, deny: verdictOf[hook].deny }, events)
    this.#sets = this.#makeSets()
    this.#verdicts = {
      allow: (rule, { audited } = {}) =>
        this.#exit.decide('allow', this.#slotOf(rule), audited ? 'audit' : 'pass'),
      deny: (rule) => this.#exit.decide('deny', this.#slotOf(rule)),
      audited: (rule) => this.#exit.audit(this.#slotOf(rule)),
    }
    this.#slots = new Map(rulesOf(point).map(({ rule }, index) => [rule, index]))
    for (const { rule, audited } of rulesOf(point)) {
      const problem = matchProblem(rule.match) ?? auditProblem(rule, audited)
      if (problem) throw new TypeError(`compile rule ${rule.id} of ${point.id}: ${problem}`)
    }
    for (const limit of limitsOf([point])) {
      const problem = limitProblem(limit)
      if (problem) throw new TypeError(`compile limit ${limit.rule.id} of ${point.id}: ${problem}`)
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
    this.#tiers(parsed, fields)
  }

  #tiers(parsed: Parsed, fields: Fields): void {
    let outcome = this.#verdicts
    let opening: Opening | undefined
    for (const tier of this.#point.tiers) {
      if (tier.kind === 'flow') {
        opening = this.#flowTier(tier, parsed)
        outcome = opening.outcome
      } else if (tier.kind === 'rules') {
        if (emitRuleTier(this.#b, fields, tier, outcome)) return opening?.close()
      } else if (tier.kind === 'grants')
        emitGrantsTier(this.#b, fields, tier, outcome, this.#grantQuestion(parsed))
      else if (tier.kind === 'limit') this.#limitTier(tier, parsed)
      else if (tier.kind === 'translation') this.#translationTier(tier, parsed)
    }
    // What no tier decided: denied, or in audit mode allowed, and then as if a rule had allowed it.
    const { defaultDeny } = this.#point
    if (isDefaultAudited(this.#point)) outcome.allow(defaultDeny, { audited: true })
    else outcome.deny(defaultDeny)
    opening?.close()
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

  /** Emits the tier; what tiers behind it allow opens a flow. */
  #flowTier(tier: FlowTier, parsed: Parsed): Opening {
    const b = this.#b
    const context = this.#flowContext(parsed)
    const [established, related, noFlow, revoked, onward] = [
      b.label('flow-established'),
      b.label('flow-related'),
      b.label('no-flow'),
      b.label('flow-revoked'),
      b.label('onward'),
    ]
    const labels = { established, related, noFlow, revoked }
    emitFlowTier(context, { ...labels, onward }, (byOpener, answers) =>
      emitRejudge(
        context,
        this.#point,
        { grants: this.#options.grants, sets: this.#sets },
        byOpener,
        answers,
      ),
    )
    for (const answer of ['established', 'related', 'noFlow', 'revoked'] as const) {
      b.place(labels[answer])
      this.#decide(tier[answer])
    }
    b.place(onward)
    return this.#opening(context, tier)
  }

  #opening(context: FlowContext, tier: FlowTier): Opening {
    const b = this.#b
    const rule = b.mov(0)
    const until = b.mov(endless)
    const [open, opened, kept, full] = [b.label('open'), b.label('opened'), b.label('kept'), b.label('full')]
    const auditFlag = maxRule + 1
    const allowed = (kind: EventKind): void => {
      if (isDefaultAudited(this.#point))
        b.if(b.gt(rule, maxRule), () => this.#exit.decideBy('allow', b.and(rule, maxRule), 'audit'))
      this.#exit.decideBy('allow', rule, kind)
    }
    return {
      outcome: {
        ...this.#verdicts,
        allow: (allowing, how = {}) => {
          b.set(rule, this.#slotOf(allowing) + (how.audited ? auditFlag : 0))
          if (how.until) b.set(until, how.until)
          b.jump(open)
        },
      },
      close: () => {
        b.place(open)
        emitOpen(context, { rule, until }, { opened, kept, full })
        b.place(opened)
        allowed('flow')
        b.place(kept)
        allowed('pass')
        b.place(full)
        this.#decide(tier.full)
      },
    }
  }

  #grantQuestion(parsed: Parsed): GrantQuestion {
    const { grants } = this.#options
    if (!grants) throw new TypeError(`compile ${this.#point.id}: a grants tier needs grant maps`)
    return { frame: this.#frame, parsed, map: grants[parsed.family], mirrored: false, use: true }
  }

  #limitTier(tier: LimitTier, parsed: Parsed): void {
    const b = this.#b
    if (tier.limits.length === 0) return
    this.#limitMemory ??= limitMemory(b)
    const memory = this.#limitMemory
    const now = emitLimitClock(b)
    for (const limit of tier.limits) {
      const { rule } = limit
      const map = this.#options.limits?.get(limit)?.[parsed.family]
      if (!map) throw new TypeError(`compile ${this.#point.id}: the limit ${rule.id} needs its buckets`)
      const [over, onward] = [b.label('over'), b.label('within')]
      b.note(rule.id, () => {
        emitLimit(b, this.#frame, parsed, { limit, map, memory, now }, over)
        b.jump(onward)
        b.place(over)
        if (isAudited(tier, rule)) this.#exit.audit(this.#slotOf(rule))
        else this.#decide(rule)
        b.place(onward)
      })
    }
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

  #decide(rule: Rule): void {
    if (rule.action === 'next')
      throw new TypeError(`compile ${this.#point.id}: rule ${rule.id} cannot decide`)
    this.#exit.decide(rule.action, this.#slotOf(rule))
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

  #flowContext(parsed: Parsed): FlowContext {
    const { flow, id } = this.#point
    if (!flow) throw new TypeError(`compile ${id}: a flow tier needs the flow table of its point`)
    const { flows } = this.#options
    if (!flows) throw new TypeError(`compile ${id}: a flow tier needs flow maps`)
    this.#flowScratch ??= { key: this.#b.stack(flowKey[6].size, 8), value: this.#b.stack(flowValue.size, 8) }
    return {
      b: this.#b,
      frame: this.#frame,
      parsed,
      heading: flow.heading,
      maps: flows[parsed.family],
      ...this.#flowScratch,
    }
  }
}

/** Audit mode has a meaning for denials of rule tiers and the default deny alone: odd frames and strays have no further tier. */
const auditProblem = (rule: Rule, audited: boolean): string | undefined =>
  rule.audit && !audited ? 'audit mode is for denying rules of rule tiers and the default deny' : undefined
