/** A rule tier as code: rule by rule, the first that matches decides. */
import type { ProgramBuilder, Value } from '../../bpf/index.ts'
import type { Family } from '../../net/index.ts'
import { isAudited, type Match, type Rule, type RuleTier } from '../../policy/index.ts'
import { appliesTo, emitMatch, type Fields } from './match.ts'

export interface Allowance {
  /** When a flow that the packet opens is to end; absent: never. */
  readonly until?: Value
  /** It is the default deny in audit mode that allows. */
  readonly audited?: true
}

/** What becomes of a packet that a rule matched. `allow` and `deny` must leave the code; `audited` goes on. */
export interface Outcome {
  allow(rule: Rule, how?: Allowance): void
  deny(rule: Rule): void
  /** A denying rule in audit mode. */
  audited(rule: Rule): void
}

/** Emits the tier; falls through to the next. True if every packet was decided, so that nothing after it is reached. */
export function emitRuleTier(b: ProgramBuilder, fields: Fields, tier: RuleTier, outcome: Outcome): boolean {
  const { family } = fields.parsed
  const nextTier = b.label(`after-${tier.name}`)
  let reachesNext = false
  for (const rule of tier.rules) {
    if (!appliesTo(rule.match, family)) continue
    const miss = b.label('miss')
    const audited = isAudited(tier, rule)
    b.note(rule.id, () => {
      emitMatch(b, fields, rule.match, miss)
      if (audited) outcome.audited(rule)
      else if (rule.action === 'next') b.jump(nextTier)
      else outcome[rule.action](rule)
    })
    if (audited) {
      b.place(miss)
      continue
    }
    reachesNext ||= rule.action === 'next'
    if (matchesAll(rule.match, family)) {
      if (reachesNext) b.place(nextTier)
      return !reachesNext
    }
    b.place(miss)
  }
  if (reachesNext) b.place(nextTier)
  return false
}

/** Whether a match, which applies to the family, holds for all its packets. */
const matchesAll = (match: Match, family: Family): boolean =>
  match.protocol === undefined &&
  [match.source, match.destination].every(
    (prefixes) => prefixes === undefined || prefixes.some((p) => p.family === family && p.length === 0),
  )
