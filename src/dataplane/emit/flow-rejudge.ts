/**
 * Whether the rules of today allow the opening of a flow, as code: the tiers behind the flow tier of the point at which it was opened,
 * asked about the packet that would open it. Nothing is counted.
 */
import type { MapSpec, Value } from '../../bpf/index.ts'
import { type Family, icmpOf, Protocol } from '../../net/index.ts'
import { matchesOf, type OpeningRules, openingFlags, openingRules, type Point } from '../../policy/index.ts'
import { icmpEcho } from '../../wire/index.ts'
import type { FlowContext, RejudgeAnswers } from './flow-context.ts'
import { emitGrantsTier } from './grants.ts'
import { type AddressSets, appliesTo, emitFields, mirrored, mirroredMatch } from './match.ts'
import { emitRuleTier, type Outcome } from './rule-tier.ts'

/** What rules ask beside the packet. */
export interface RejudgeMaps {
  readonly grants: Readonly<Record<Family, MapSpec>> | undefined
  readonly sets: AddressSets | undefined
}

/** @param byOpener 1 if the packet comes from the flow's opener, else 0 */
export function emitRejudge(
  context: FlowContext,
  point: Point,
  { grants, sets }: RejudgeMaps,
  byOpener: Value,
  { allowed, denied, until }: RejudgeAnswers,
): void {
  const { b, parsed } = context
  const { family, protocol } = parsed
  const detail = b.mov(0)
  b.if(b.eq(protocol, Protocol.tcp), () => b.set(detail, openingFlags.value))
  b.if(b.eq(protocol, icmpOf(family)), () => b.set(detail, icmpEcho[family].request))
  const opposite = b.label('opposite')
  b.jumpIf(b.eq(byOpener, 0), opposite)
  const behind = point.behind ?? []
  const ask = (rules: OpeningRules, mirror: boolean): void => {
    const matches = rules.tiers
      .flatMap(matchesOf)
      .filter((match) => appliesTo(match, family))
      .map((match) => (mirror ? mirroredMatch(match) : match))
    const there = emitFields(b, context.frame, { ...parsed, detail }, matches, behind, sets)
    const fields = mirror ? mirrored(there) : there
    const outcome: Outcome = {
      allow: (_, how) => {
        if (how?.until) b.set(until, how.until)
        b.jump(allowed)
      },
      deny: () => b.jump(denied),
      audited: () => {},
    }
    for (const tier of rules.tiers) {
      if (tier.kind === 'rules') {
        if (emitRuleTier(b, fields, tier, outcome)) return
        continue
      }
      if (!grants) throw new TypeError(`compile ${point.id}: a grants tier needs grant maps`)
      const question = { frame: context.frame, parsed, map: grants[family], mirrored: mirror, use: false }
      emitGrantsTier(b, fields, tier, outcome, question)
    }
    b.jump(rules.audit ? allowed : denied)
  }
  ask(openingRules(point), false)
  b.place(opposite)
  ask(point.flow?.opposite ?? { tiers: [], audit: false }, true)
}
