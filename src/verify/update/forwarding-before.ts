/** What is known of a node's forwarding after a change: what it was, but for a few destinations. */
import { neighbourBy, neighboursOf, nodeById } from '../../model/index.ts'
import { familyBits, type Prefix } from '../../net/index.ts'
import type { World } from '../../trace/index.ts'
import type { Proof } from '../invariants/proof.ts'
import type { ForwardingBefore, Unwatched } from '../network/index.ts'
import type { RouteChanges } from './difference.ts'

/** A network as it is proven. */
export interface Seen {
  readonly world: World
  /** Those of its machines at which nobody looks. */
  readonly unwatched: Unwatched
  /** Ids of all that are otherwise, or looked at now or before and not at the other time. */
  readonly turned: Iterable<string>
}

/**
 * Beside what is routed otherwise, what goes to a neighbour counts that is looked at now and was not before, or the other way round: those that are not
 * looked at are one in the tables.
 */
export function forwardingBefore(
  { tables, sets, network }: Proof,
  unwatched: Unwatched,
  { world, unwatched: unwatchedNow, turned: machines }: Seen,
  routes: RouteChanges,
): (node: string) => ForwardingBefore | undefined {
  const turned = new Map<string, Set<string>>()
  for (const id of machines)
    for (const { node, far } of neighboursOf(world.network, id)) {
      // Another machine may stand where one stood.
      const before = neighbourBy(network, node.id, far.interface)?.node.id ?? id
      if (unwatched.has(before) === unwatchedNow.has(id)) continue
      const there = turned.get(node.id) ?? new Set()
      turned.set(node.id, there.add(far.interface))
    }
  return (node) => {
    const table = tables.get(node)
    // What is for a node itself follows from its addresses.
    if (!table || nodeById(network, node) !== world.node(node)) return undefined
    const toward = turned.get(node)
    const toTurned = toward
      ? world
          .routes(node)
          .filter(({ nextHops }) => nextHops.some((hop) => toward.has(hop.interface)))
          .map(({ prefix }) => prefix)
      : []
    const prefixes = [...(routes.get(node) ?? []), ...toTurned]
    // A shorter one may hold many routes.
    if (!prefixes.every(isOfOneAddress)) return undefined
    const addresses = new Set(prefixes.map(({ value }) => value))
    return {
      table,
      destinations: sets.addresses('destination', prefixes),
      holds: ({ prefix }) => !isOfOneAddress(prefix) || addresses.has(prefix.value),
    }
  }
}

const isOfOneAddress = ({ family, length }: Prefix): boolean => length === familyBits(family)
