/** What a watch is about must be there: a name that nothing bears would be watched in vain, and look like silence. */
import { nearest, pathPattern } from '../../../file/index.ts'
import { rulesOf } from '../../../policy/index.ts'
import type { InForce } from '../../running-network.ts'
import { ControlError } from '../protocol.ts'

export interface WatchPlaces {
  readonly node?: string | undefined
  readonly point?: string | undefined
  readonly rule?: string | undefined
  readonly tenant?: string | undefined
}

/** Throws `ControlError` naming the first of them that the network in force does not have. */
export function requirePlaces(
  { network, policy }: InForce,
  { node, point, rule, tenant }: WatchPlaces,
): void {
  if (tenant !== undefined) requireTenant([...new Set(network.services.map((one) => one.tenant))], tenant)
  requireMatch('node', node, () => network.nodes.map(({ id }) => id), "'glacis nodes'")
  requireMatch('point', point, () => policy.points.map(({ id }) => id), "'glacis rules'")
  requireMatch(
    'rule',
    rule,
    () => policy.points.flatMap((one) => rulesOf(one).map((place) => place.rule.id)),
    "'glacis rules FILE POINT'",
  )
}

function requireTenant(tenants: readonly string[], tenant: string): void {
  if (tenants.includes(tenant)) return
  throw new ControlError('GL7004', `find tenant ${tenant}: the network has ${tenants.join(', ') || 'none'}`)
}

/** @param text an id, the beginning of some, or a pattern with `*`, as `eventFilter` takes it */
function requireMatch(
  what: string,
  text: string | undefined,
  idsOf: () => readonly string[],
  lister: string,
): void {
  if (text === undefined) return
  const ids = new Set(idsOf())
  const pattern = pathPattern(text)
  for (const id of ids) if (pattern.test(id)) return
  const near = [...ids].find((id) => id.endsWith(`/${text}`)) ?? nearest(text, beginningsOf(ids))
  const remedy = near === undefined ? `${lister} lists what there is` : `did you mean '${near}'?`
  throw new ControlError(
    'GL7004',
    `find ${what} '${text}': the running network has none of that name; ${remedy}`,
  )
}

/** Ids and what they begin with: `west`, `west/ar1`, … */
const beginningsOf = (ids: Iterable<string>): ReadonlySet<string> =>
  new Set(
    Array.from(ids).flatMap((id) => {
      const parts = id.split('/')
      return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
    }),
  )
