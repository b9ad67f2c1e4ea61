/** Rules that a person wrote, as rules of a point: names relative to a machine become its addresses. */
import type { Filter, RelativeMachines, ResolvedRule, RuleEnds, Site } from '../../model/index.ts'
import type { Prefix } from '../../net/index.ts'
import type { Match, Rule } from '../rule.ts'

/** Addresses that a relative name stands for at one machine. The same list for the same machines, so that tiers can share it. */
export type RelativeAddresses = (name: RelativeMachines) => readonly Prefix[]

/** The rules of a filter in one direction, as they are at a machine. Ids are `PREFIX/NAME`. */
export const filterRules = (
  filter: Filter,
  direction: ResolvedRule['direction'],
  prefix: string,
  site: Site,
  relative: RelativeAddresses = noMachine,
): readonly Rule[] =>
  filter.rules
    .filter((rule) => rule.direction === direction)
    .map((rule) => ({
      id: `${prefix}/${rule.name}`,
      action: rule.action,
      match: matchOf(rule, relative),
      origin: { kind: 'template', name: filter.name, line: rule.at, at: site.at },
      why: rule.why,
      ...(rule.audit && { audit: true as const }),
    }))

/** Relative names that the rules of a direction have: machines for which these stand for the same can share the rules. */
export const relativeNames = (
  filter: Filter,
  direction: ResolvedRule['direction'],
): ReadonlySet<RelativeMachines> =>
  new Set(
    filter.rules
      .filter((rule) => rule.direction === direction)
      .flatMap(({ from, to }) => [...(from?.relative ?? []), ...(to?.relative ?? [])]),
  )

function matchOf(rule: ResolvedRule, relative: RelativeAddresses): Match {
  const { family, protocol, sourcePorts, ports, tcpFlags, icmpType, icmpCode } = rule
  const source = rule.from && addressesOf(rule.from, relative)
  const destination = rule.to && addressesOf(rule.to, relative)
  return {
    ...(family && { family }),
    ...(source && { source }),
    ...(destination && { destination }),
    ...(protocol !== undefined && { protocol }),
    ...(sourcePorts && { sourcePorts }),
    ...(ports && { destinationPorts: ports }),
    ...(tcpFlags && { tcpFlags }),
    ...(icmpType !== undefined && { icmpType }),
    ...(icmpCode !== undefined && { icmpCode }),
  }
}

/** A list that is relative and nothing else stays the same object. */
function addressesOf(
  { prefixes, relative: names }: RuleEnds,
  relative: RelativeAddresses,
): readonly Prefix[] {
  if (names.length === 0) return prefixes
  if (prefixes.length === 0 && names.length === 1) return relative(names[0] as RelativeMachines)
  return [...prefixes, ...names.flatMap(relative)]
}

const noMachine: RelativeAddresses = (name) => {
  throw new TypeError(`derive rules: '${name}' has no machine to be relative to (a bug of Glacis)`)
}
