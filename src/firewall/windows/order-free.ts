/**
 * Rules in order become rules whose order does not matter, as Windows asks for: there a block wins over every allow. What a denial
 * would take from an earlier allowance is taken out of the denial; where that has no words, the denial is taken out of later allowances.
 */
import { prefix } from '../../net/index.ts'
import { type Point, type Rule, rulesOf } from '../../policy/index.ts'
import { UnsayableError } from '../unsayable.ts'
import { type Box, boxOf, isEmpty, subtractBoxes } from './box.ts'

export interface OrderFreeRule {
  readonly action: 'allow' | 'block'
  readonly box: Box
  readonly rule: Rule
}

const everything = ['0.0.0.0/0', '::/0'].map(prefix)

/** Throws {@link UnsayableError} if Windows Firewall has no words for it. */
export function orderFree(point: Point): readonly OrderFreeRule[] {
  const rules: OrderFreeRule[] = []
  const allowed: Box[] = []
  const takenFromLater: Box[] = []
  for (const rule of decidingRules(point)) {
    const box = boxOf(rule.match, point.direction, everything)
    if (isEmpty(box)) continue
    if (rule.action === 'allow') {
      const left = subtractBoxes(box, takenFromLater)
      if (!left)
        throw unsayable(
          point,
          rule,
          'what is left of it after the denials before it is all protocols but some',
        )
      allowed.push(...left)
      rules.push(...left.map((each) => ({ action: 'allow' as const, box: each, rule })))
      continue
    }
    const blocked = subtractBoxes(box, allowed)
    if (blocked) rules.push(...blocked.map((each) => ({ action: 'block' as const, box: each, rule })))
    else takenFromLater.push(box)
  }
  return rules
}

/** Those of rule tiers; what the shape and flow tiers do, Windows does by itself. A denial in audit mode lets pass, as if it were not there. */
function decidingRules(point: Point): readonly Rule[] {
  const audited = new Set(rulesOf(point).flatMap((place) => (place.audited ? [place.rule] : [])))
  const rules = point.tiers.flatMap((tier): readonly Rule[] => {
    switch (tier.kind) {
      case 'shape':
      case 'flow':
        return []
      case 'rules':
        return tier.rules
      case 'grants':
        // A script cannot know which grants are in force: what needs one is denied.
        return [{ ...tier.noGrant, match: tier.match }]
      default:
        throw new UnsayableError(
          'Windows Firewall',
          point.id,
          `it has a tier '${tier.name}' of kind ${tier.kind}`,
          'enforce the point with the eBPF program',
        )
    }
  })
  for (const rule of rules) {
    const { tcpFlags, icmpType, icmpCode } = rule.match
    if (rule.action === 'next')
      throw unsayable(point, rule, 'it leaves its tier, and there is one list of rules')
    if (tcpFlags && tcpFlags.mask !== 0) throw unsayable(point, rule, 'it asks for TCP flags')
    if (icmpCode !== undefined && icmpType === undefined)
      throw unsayable(point, rule, 'it asks for an ICMP code without a type')
  }
  return rules.filter((rule) => !audited.has(rule))
}

const unsayable = (point: Point, rule: Rule, why: string): UnsayableError =>
  new UnsayableError('Windows Firewall', `${point.id}, rule ${rule.id}`, why, 'write the rule without it')
