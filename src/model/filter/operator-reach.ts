/** The operator's list stands at access routers, where packets bear public addresses: rules about inside ones are a slip. */
import { prefixCovers } from '../../net/index.ts'
import type { Filter } from './filter-rule.ts'
import type { RuleContext } from './resolve-rules.ts'

/** Warns of rules that no packet can meet, since what they are about is inside. */
export function checkOperatorReach(filter: Filter, { book, log }: Pick<RuleContext, 'book' | 'log'>): Filter {
  const internal = book.lookup('internal')?.prefixes ?? []
  for (const { name, direction, from, to, at } of filter.rules) {
    const near = direction === 'in' ? to : from
    if (!near || near.prefixes.length === 0) continue
    if (!near.prefixes.every((prefix) => internal.some((inner) => prefixCovers(inner, prefix)))) continue
    const which = direction === 'in' ? 'destinations' : 'sources'
    // A rule of several protocols has become several.
    const [written] = name.split('/')
    log.report(
      'GL2121',
      at,
      `rule '${written}' can meet no packet: its ${which} are inside, and access routers see public addresses`,
      {
        severity: 'warning',
        hint: "name VIPs, or 'vips' for all; for the machines themselves write guest rules of a role",
      },
    )
  }
  return filter
}
