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
  const beside = new Set(
    Array.from(machines, (id) =>
      [network, world.network].flatMap((each) => neighboursOf(each, id).map(({ node }) => node.id)),
    ).flat(),
  )
  const turnedAt = (node: string): ReadonlySet<string> =>
    new Set(
      neighboursOf(world.network, node).flatMap(({ node: { id }, near }) => {
        // Another machine may stand where one stood.
        const before = neighbourBy(network, node, near.interface)?.node.id ?? id
        return unwatched.has(before) === unwatchedNow.has(id) ? [] : [near.interface]
      }),
    )
  return (node) => {
    const table = tables.get(node)
    // What is for a node itself follows from its addresses.
    if (!table || nodeById(network, node) !== world.node(node)) return undefined
    const turned = beside.has(node) ? turnedAt(node) : nobody
    const toTurned =
      turned.size === 0
        ? []
        : world
            .routes(node)
            .filter(({ nextHops }) => nextHops.some((hop) => turned.has(hop.interface)))
            .map(({ prefix }) => prefix)
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

const nobody: ReadonlySet<string> = new Set()

const isOfOneAddress = ({ family, length }: Prefix): boolean => length === familyBits(family)
