/** Lines that cannot go because one of their rules is of no use: they say more than that rule. */
import { lineOf, type RulePlace } from '../../policy/index.ts'

/**
 * - `declares`: an endpoint, who may use it, or what a guest may send. The rule follows from it, and more does.
 * - `closes`: the only entry of its access list that allows. Whom no entry names is kept out because of it.
 */
export type Lasting = 'declares' | 'closes'

/** Why the line behind a rule stays, whatever becomes of the rule; `undefined`: it may go with it. */
export function lastingOf({ point, tier: name, rule }: RulePlace): Lasting | undefined {
  if (name === 'role' || rule.id === 'guest/outbound') return 'declares'
  if (name !== 'access-lists') return undefined
  const list = rule.id.slice(0, rule.id.lastIndexOf('/'))
  if (rule.id === `${list}/other`) return 'declares'
  const line = lineOf(rule.origin)
  const others = point.tiers.flatMap((tier) =>
    tier.kind === 'rules' && tier.name === name
      ? tier.rules.filter((other) => other.action === 'next' && isOf(other.id, list))
      : [],
  )
  const isOnly = others.every(({ origin }) => {
    const other = lineOf(origin)
    return other?.line === line?.line && other?.column === line?.column
  })
  return rule.action === 'next' && isOnly ? 'closes' : undefined
}

/** Of a list, whichever family its VIP is of. */
const isOf = (id: string, list: string): boolean =>
  withoutFamily(id.slice(0, id.lastIndexOf('/'))) === withoutFamily(list)

const withoutFamily = (list: string): string => list.replace(/\/v[46]$/, '')
