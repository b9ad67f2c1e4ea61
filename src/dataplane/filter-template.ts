/**
 * Points whose rules differ only in the address of the machine behind them share one compiled template. A thousand VMs of
 * ten roles are ten builds.
 */
import { instantiate, type ProgramSpec } from '../bpf/index.ts'
import { formatPrefix, type Ip, ipBytes, type Prefix } from '../net/index.ts'
import {
  flowRules,
  isAudited,
  isDefaultAudited,
  type Limit,
  type LimitTier,
  type Match,
  matchesOf,
  type Point,
  type Rule,
  type RuleTier,
  type Tier,
} from '../policy/index.ts'
import { setNumber, setsOf } from './address-sets.ts'
import { egressAddress } from './balance/steps.ts'
import { translationTierKey } from './balance/translate.ts'
import { compileFilter, type FilterOptions } from './compile-filter.ts'
import {
  establishedWord,
  establishedWordOf,
  filterNumber,
  firstSlot,
  rulesEpoch,
  slotQuota,
} from './emit/flow-context.ts'
import { ownAddress, splitOwn } from './emit/match.ts'
import { portParameters } from './emit/port.ts'
import { firstCounter } from './emit/verdict.ts'
import { limitsOf } from './limit-map.ts'

export interface FilterPlacement {
  /** At most 15 characters; the kernel shows it. */
  readonly name: string
  /** Slot of the point's first rule among the node's counters. */
  readonly firstCounter: number
  /** Number of the point's flow table in its node; any for a stateless point. */
  readonly filter: number
  /** Flows that a stateful filter keeps of each family. */
  readonly quota: number
  /** Slots of each filter of the node, at least as many. */
  readonly slots: number
  /** Generation of the rules: flows of an earlier one are judged again. */
  readonly epoch: number
  /** A balancer's egress addresses, at most one per family. */
  readonly egress?: readonly Ip[]
  /** Numbers of the point's sets in its node. */
  readonly sets?: readonly number[]
}

/** Compiles filters, each distinct rule set once. */
export class FilterCompilerCache {
  readonly #templates = new Map<string, { template: ProgramSpec; used: ReadonlySet<string> }>()
  readonly #tierKeys = new WeakMap<Tier, string>()

  get templates(): number {
    return this.#templates.size
  }

  /** Equal for points of one node that compile to the same template. */
  key(point: Point, options: Omit<FilterOptions, 'name'>): string {
    const { hook, allow = '', records } = options
    const own = records ? `${records.map.name} ${Object.keys(records.offsets)}` : ''
    return `${hook} ${allow} ${mapsKey(point, options)} ${own} ${this.#keyOf(point)}`
  }

  compile(point: Point, options: Omit<FilterOptions, 'name'>, placement: FilterPlacement): ProgramSpec {
    const key = this.key(point, options)
    let entry = this.#templates.get(key)
    if (!entry) {
      const template = compileFilter(point, { ...options, name: placement.name })
      const used = new Set(
        template.instructions.flatMap(({ parameter }) => (parameter === undefined ? [] : [parameter])),
      )
      entry = { template, used }
      this.#templates.set(key, entry)
    }
    const { used } = entry
    if (used.size === 0) return instantiate(entry.template, { name: placement.name, parameters: {} })
    const values = Object.entries(parametersOf(point, placement)).filter(([name]) => used.has(name))
    return instantiate(entry.template, { name: placement.name, parameters: Object.fromEntries(values) })
  }

  /** Equal for points that compile to the same template. */
  #keyOf(point: Point): string {
    const own: Own = { behind: point.behind ?? [], sets: setsOf(point) }
    const scope = point.scope ? matchKey(point.scope, own) : ''
    const ownFamilies = own.behind.map(({ family }) => family).join()
    const tiers = point.tiers.map((tier) => this.#tierKey(tier, own))
    const last = isDefaultAudited(point) ? 'audit' : ''
    const { heading = '', opposite } = point.flow ?? {}
    const back = opposite?.tiers.map((tier) => this.#tierKey(tier, own)) ?? []
    return [ownFamilies, scope, heading, last, ...tiers, `opposite ${opposite?.audit}`, ...back].join('\n')
  }

  #tierKey(tier: Tier, own: Own): string {
    // A tier that speaks of one machine is read differently for each; others share the key.
    if (matchesOf(tier).some((match) => namesOwn(match, own))) return tierKey(tier, own)
    const key = this.#tierKeys.get(tier) ?? tierKey(tier, nothingOwn)
    this.#tierKeys.set(tier, key)
    return key
  }
}

/** What of a point is its own: parameters stand for it in the template. */
interface Own {
  readonly behind: readonly Ip[]
  readonly sets: readonly (readonly Prefix[])[]
}

const nothingOwn: Own = { behind: [], sets: [] }

/** The maps of its limits: their numbers differ between nodes that have others. */
const mapsKey = (point: Point, { limits }: Pick<FilterOptions, 'limits'>): string =>
  limitsOf([point])
    .map((limit) => limits?.get(limit)?.[4].name)
    .join()

/** Names of tiers and rules do not matter; what they do, and how many there are, does. */
function tierKey(tier: Tier, own: Own): string {
  const actions = (rules: readonly Rule[]) => rules.map(({ action }) => action).join()
  switch (tier.kind) {
    case 'port':
      return `port ${tier.addresses.map(({ family }) => family)} ${actions(Object.values(tier.offences))}`
    case 'shape':
      return `shape ${actions(Object.values(tier.reasons))}`
    case 'flow':
      return `flow ${actions(flowRules(tier))}`
    case 'rules':
      return `rules ${tier.rules.map((rule) => ruleKey(tier, rule, own)).join(' ')}`
    case 'grants':
      return `grants ${isAudited(tier, tier.noGrant) ? 'audit' : 'deny'} ${matchKey(tier.match, own)}`
    case 'limit':
      return `limit ${tier.limits.map((limit) => limitKey(tier, limit)).join(' ')}`
    case 'translation':
      return `translation ${translationTierKey(tier)}`
  }
}

const ruleKey = (tier: RuleTier, rule: Rule, own: Own): string =>
  `${isAudited(tier, rule) ? 'audit' : rule.action} ${matchKey(rule.match, own)}`

/** Which addresses have buckets of their own, the map says and not the code. */
const limitKey = (tier: LimitTier, { rule, key, packets, bytes }: Limit): string =>
  JSON.stringify([
    isAudited(tier, rule) ? 'audit' : rule.action,
    key.kind === 'prefix' ? key : [key.kind, key.end],
    packets ?? 0,
    bytes ?? 0,
  ])

const namesOwn = ({ source = [], destination = [] }: Match, { behind, sets }: Own): boolean =>
  [source, destination].some(
    (list) => sets.includes(list) || byFamily(list).some((one) => splitOwn(one, behind).own),
  )

const byFamily = (list: readonly Prefix[]): readonly (readonly Prefix[])[] =>
  ([4, 6] as const).map((family) => list.filter((p) => p.family === family))

function matchKey(match: Match, { behind, sets }: Own): string {
  const prefixes = (list: readonly Prefix[] | undefined) => {
    if (!list) return undefined
    const set = sets.indexOf(list)
    if (set >= 0) return [set, ...byFamily(list).map(({ length }) => length > 0)]
    return byFamily(list).map((one) => {
      const { own, others } = splitOwn(one, behind)
      return [own, ...others.map(formatPrefix)]
    })
  }
  return JSON.stringify({
    ...match,
    source: prefixes(match.source),
    destination: prefixes(match.destination),
  })
}

/** What is a point's own, by the names of the parameters that stand for it in templates. */
export function parametersOf(point: Point, placement: FilterPlacement): Record<string, number | bigint> {
  const values: Record<string, number | bigint> = {
    [firstCounter]: placement.firstCounter,
    [filterNumber]: placement.filter,
    [firstSlot]: placement.filter * placement.slots,
    [slotQuota]: placement.quota,
    [rulesEpoch]: placement.epoch,
    [establishedWord]: establishedWordOf(placement.epoch),
  }
  for (const [index, number] of (placement.sets ?? []).entries()) values[setNumber(index)] = number
  for (const { family, value } of point.behind ?? []) {
    if (family === 4) values[ownAddress[4]] = value
    else {
      values[ownAddress[6].high] = value >> 64n
      values[ownAddress[6].low] = value & ((1n << 64n) - 1n)
    }
  }
  for (const tier of point.tiers) if (tier.kind === 'port') Object.assign(values, portParameters(tier))
  for (const address of placement.egress ?? []) {
    const bytes = ipBytes(address)
    const view = new DataView(bytes.buffer)
    for (let at = 0; at < bytes.length; at += 4)
      values[egressAddress(address.family, at / 4)] = view.getUint32(at, true)
  }
  return values
}
