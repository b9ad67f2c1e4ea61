/** Lines that cannot go because one of their rules is of no use: they say more than that rule. */
import { lineOf, type Rule, type RulePlace } from '../../policy/index.ts'

/**
 * - `declares`: an endpoint, who may use it, or what a guest may send. The rule follows from it, and more does.
 * - `closes`: the only entry of its access list that allows. Whom no entry names is kept out because of it.
 * - `closes-together`: one of several that allow, of which none is of use. One has to stay.
 */
export type Lasting = 'declares' | 'closes' | 'closes-together'

/**
 * Why the line behind a rule stays, whatever becomes of the rule; `undefined`: it may go with it.
 * @param isIdle whether another rule of the point never decides, so that a reader may remove it too
 */
export function lastingOf(
  { point, tier: name, rule }: RulePlace,
  isIdle: (other: Rule) => boolean,
): Lasting | undefined {
  if (name === 'role' || rule.id === 'guest/outbound') return 'declares'
  if (name !== 'access-lists') return undefined
  const list = rule.id.slice(0, rule.id.lastIndexOf('/'))
  if (rule.id === `${list}/other`) return 'declares'
  const line = lineOf(rule.origin)
  if (rule.action !== 'next') return undefined
  const others = point.tiers
    .flatMap((tier) => (tier.kind === 'rules' && tier.name === name ? tier.rules : []))
    .filter((other) => other.action === 'next' && isOf(other.id, list) && !isOfLine(other))
  if (!others.every(isIdle)) return undefined
  return others.length === 0 ? 'closes' : 'closes-together'

  function isOfLine({ origin }: Rule): boolean {
    const other = lineOf(origin)
    return other?.line === line?.line && other?.column === line?.column
  }
}

/** Of a list, whichever family its VIP is of. */
const isOf = (id: string, list: string): boolean =>
  withoutFamily(id.slice(0, id.lastIndexOf('/'))) === withoutFamily(list)

const withoutFamily = (list: string): string => list.replace(/\/v[46]$/, '')
