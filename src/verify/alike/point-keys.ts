/**
 * What points decide by, apart from who stands behind them: equal for points whose rules are the same but for lists of their own (`Point.behind`,
 * `Point.sets`), which stand for themselves by their place. Names of rules and where they come from do not matter, nor does what a proof takes for
 * granted (shape, port security, limits).
 */
import type { Prefix } from '../../net/index.ts'
import {
  flowRules,
  isAudited,
  isDefaultAudited,
  type Match,
  matchesOf,
  type Point,
  type Tier,
} from '../../policy/index.ts'
import type { AddressLists } from './address-lists.ts'

/** What is a point's own: the machine behind it, by its number, with its address families, and its sets. */
interface Own {
  readonly machine: number | undefined
  readonly families: number
  readonly sets: readonly (readonly Prefix[])[]
}

const nobody: Own = { machine: undefined, families: 0, sets: [] }

export class PointKeys {
  readonly #lists: AddressLists
  readonly #points = new Map<Point, string>()
  readonly #tiers = new Map<Tier, string>()
  readonly #tierLists = new Map<Tier, readonly (readonly Prefix[])[]>()
  readonly #texts = new Map<string, number>()

  constructor(lists: AddressLists) {
    this.#lists = lists
  }

  of(point: Point): string {
    const known = this.#points.get(point)
    if (known !== undefined) return known
    const own = this.#ownOf(point)
    const scope = point.scope ? this.#ends(point.scope, own) : ''
    const tiers = point.tiers.map((tier) => this.#tier(tier, own))
    const key = `${point.kind} ${point.direction} ${point.flow?.heading} ${isDefaultAudited(point)} ${scope} ${tiers}`
    const made = `${this.#number(key)}`
    this.#points.set(point, made)
    return made
  }

  #ownOf({ behind = [], sets = [] }: Point): Own {
    const [first] = behind
    const machine = first && this.#lists.ownerOf(first)
    const families = behind.reduce((bits, { family }) => bits | (family === 4 ? 1 : 2), 0)
    const isOne = behind.every((address) => this.#lists.ownerOf(address) === machine)
    return { machine: isOne ? machine : undefined, families, sets }
  }

  #tier(tier: Tier, own: Own): number {
    const isOwn = this.#listsOf(tier).some((list) => own.sets.includes(list) || this.#isBehind(list, own))
    if (isOwn) return this.#number(this.#tierText(tier, own))
    const text = this.#tiers.get(tier) ?? this.#tierText(tier, nobody)
    this.#tiers.set(tier, text)
    return this.#number(text)
  }

  #tierText(tier: Tier, own: Own): string {
    switch (tier.kind) {
      case 'port':
      case 'shape':
      case 'limit':
        return tier.kind
      case 'flow':
        return `flow ${flowRules(tier).map(({ action }) => action)}`
      case 'rules':
        return tier.rules
          .map((rule) => `${isAudited(tier, rule) ? 'audit' : rule.action} ${this.#match(rule.match, own)}`)
          .join('\n')
      case 'grants':
        return `grants ${isAudited(tier, tier.noGrant)} ${this.#match(tier.match, own)}`
      case 'translation':
        // Points that rewrite are nobody's own.
        return `translation ${tier.translations.map(({ rule }) => rule.id).join()}`
    }
  }

  #match(match: Match, own: Own): string {
    const { source: _, destination: __, ...rest } = match
    return `${this.#ends(match, own)} ${JSON.stringify(rest)}`
  }

  #ends({ source, destination }: Pick<Match, 'source' | 'destination'>, own: Own): string {
    return `${source ? this.#end(source, own) : '*'} ${destination ? this.#end(destination, own) : '*'}`
  }

  #end(list: readonly Prefix[], own: Own): string {
    const set = own.sets.indexOf(list)
    if (set >= 0) return `set${set}`
    if (!this.#isBehind(list, own)) return `${this.#lists.literal(list)}`
    const others = list.filter((each) => this.#lists.ownerOf(each) === undefined)
    return `own+${this.#lists.literal(others)}`
  }

  /** Whether of all machines a list names the one behind the point, with all its addresses. */
  #isBehind(list: readonly Prefix[], { machine, families }: Own): boolean {
    if (machine === undefined) return false
    const members = this.#lists.members(list)
    return members.size === 1 && members.get(machine) === families
  }

  #listsOf(tier: Tier): readonly (readonly Prefix[])[] {
    const known = this.#tierLists.get(tier)
    if (known) return known
    const made = [
      ...new Set(matchesOf(tier).flatMap(({ source, destination }) => [source ?? [], destination ?? []])),
    ].filter(({ length }) => length > 0)
    this.#tierLists.set(tier, made)
    return made
  }

  #number(text: string): number {
    const known = this.#texts.get(text) ?? this.#texts.size
    this.#texts.set(text, known)
    return known
  }
}
