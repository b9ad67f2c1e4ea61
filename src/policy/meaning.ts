/**
 * What a rule says, as text that two rules share if and only if they say the same: its tier, whether it only audits, its action and all that
 * it asks. Where it was written, and why, is no part of it. Counters go on, and hits are shown, by this and not by a rule's name alone.
 */
import { createHash } from 'node:crypto'
import type { Point, Tier } from './point.ts'
import { type RulePlace, rulesOf } from './policy.ts'
import type { Rule } from './rule.ts'

/** A rule at its place, and what it says. */
export interface RuleMeaning extends RulePlace {
  /** `<tier> <enforce|audit> <digest>`, comparable between processes and machines. */
  readonly meaning: string
}

/** Of every rule of a point, in `rulesOf` order. They are kept with the point, which must not change. */
export function meaningsOf(point: Point): readonly RuleMeaning[] {
  const known = meanings.get(point) ?? findMeanings(point)
  meanings.set(point, known)
  return known
}

/** They are asked for once more in the moment in which rules give way to others, which must be short. */
const meanings = new WeakMap<Point, readonly RuleMeaning[]>()

function findMeanings(point: Point): readonly RuleMeaning[] {
  const bearers = new Map(point.tiers.flatMap(bearersOf).map((bearer) => [bearer.rule, bearer]))
  return rulesOf(point).map((place) => {
    const { rule, tier, audited } = place
    const digest = digestOf(bearers.get(rule) ?? rule)
    return { ...place, meaning: `${tier} ${audited ? 'audit' : 'enforce'} ${digest}` }
  })
}

/** A digest of what the value says. It is kept with the object, which must not change: all of policies is frozen. */
export function digestOf(value: object): string {
  const known = digests.get(value)
  if (known !== undefined) return known
  const digest = createHash('sha256')
    .update(JSON.stringify(value, withoutPlace))
    .digest('hex')
    .slice(0, digits)
  digests.set(value, digest)
  return digest
}

/** Points share tiers, and long lists in them. */
const digests = new WeakMap<object, string>()
/** Hexadecimal digits: 64 bits, so that of a million different rules no two are taken for the same. */
const digits = 16

/** What of a tier says more than its rule does: what is translated, and how much is let through. */
const bearersOf = (tier: Tier): readonly { readonly rule: Rule }[] =>
  tier.kind === 'translation' ? tier.translations : tier.kind === 'limit' ? tier.limits : []

/** Where something was written and why; and audit mode, which a rule may have from its tier or point: its place says it. */
const unsaid: ReadonlySet<string> = new Set(['origin', 'why', 'at', 'audit'])

const withoutPlace = (key: string, value: unknown): unknown =>
  unsaid.has(key) ? undefined : typeof value === 'bigint' ? value.toString() : value
