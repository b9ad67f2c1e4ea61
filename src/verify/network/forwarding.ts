/** A node's forwarding table as sets of packets: which ones are for the node, which leave by which interface, which are discarded. */
import { localAddresses, type Node, type Route } from '../../model/index.ts'
import { hostPrefix } from '../../net/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { PacketSets } from '../packets/index.ts'

export interface Forwarding extends Routing {
  /** For an address of the node itself. */
  readonly local: DiagramSet
}

export interface Routing {
  /** What may leave by each interface. Equal ways share flows: each of them may take any packet. */
  readonly toward: ReadonlyMap<string, DiagramSet>
  /** Packets that several interfaces share. */
  readonly equal: readonly EqualWays[]
  /** Null routes. */
  readonly discarded: DiagramSet
  /** No route holds them. */
  readonly unrouted: DiagramSet
}

export interface EqualWays {
  /** Two or more. */
  readonly interfaces: readonly string[]
  readonly packets: DiagramSet
}

/** What routing wants to know of a route. */
interface Entry extends Pick<Route, 'prefix'> {
  readonly nextHops: readonly { readonly interface: string }[]
}

/** The table of a node. */
export const forwardingOf = (sets: PacketSets, node: Node, routes: readonly Route[]): Forwarding => ({
  local: sets.addresses('destination', localAddresses(node).map(hostPrefix)),
  ...routing(sets, routes),
})

/**
 * A table in which some destinations are led otherwise.
 * @param routes of the node as they are now: all that hold one of these destinations, or a part of them
 */
export function forwardingAfter(
  sets: PacketSets,
  was: Forwarding,
  destinations: DiagramSet,
  routes: readonly Entry[],
): Forwarding {
  const is = routing(sets, routes)
  const replaced = (before: DiagramSet = sets.none, after: DiagramSet = sets.none): DiagramSet =>
    sets.union([sets.without(before, destinations), sets.mask(destinations, after)])
  const toward = Array.from(
    new Set([...was.toward.keys(), ...is.toward.keys()]),
    (name) => [name, replaced(was.toward.get(name), is.toward.get(name))] as const,
  )
  const byName = ({ equal }: Routing) => new Map(equal.map((ways) => [ways.interfaces.join(' '), ways]))
  const [before, after] = [byName(was), byName(is)] as const
  const equal = Array.from(new Map([...before, ...after]), ([name, { interfaces }]) => ({
    interfaces,
    packets: replaced(before.get(name)?.packets, after.get(name)?.packets),
  }))
  return {
    local: was.local,
    toward: new Map(toward.filter(([, packets]) => packets !== sets.none)),
    equal: equal.filter(({ packets }) => packets !== sets.none),
    discarded: replaced(was.discarded, is.discarded),
    unrouted: replaced(was.unrouted, is.unrouted),
  }
}

/** Longest prefix first: what a longer one holds is no matter for the shorter ones. */
export function routing(sets: PacketSets, routes: readonly Entry[]): Routing {
  const parts = new Map<string, DiagramSet[]>()
  const discarded: DiagramSet[] = []
  const equal = new Map<string, { interfaces: readonly string[]; sets: DiagramSet[] }>()
  let covered = sets.none
  for (const [, group] of byLength(routes)) {
    const here: DiagramSet[] = []
    for (const prefixes of byNextHops(group)) {
      const [{ nextHops }] = prefixes as [Entry]
      const set = sets.without(
        sets.addresses(
          'destination',
          prefixes.map(({ prefix }) => prefix),
        ),
        covered,
      )
      here.push(set)
      if (nextHops.length === 0) discarded.push(set)
      if (nextHops.length > 1) {
        const interfaces = nextHops.map((hop) => hop.interface)
        const key = interfaces.join(' ')
        const ways = equal.get(key) ?? { interfaces, sets: [] }
        equal.set(key, ways)
        ways.sets.push(set)
      }
      for (const { interface: name } of nextHops) {
        const list = parts.get(name)
        if (list) list.push(set)
        else parts.set(name, [set])
      }
    }
    covered = sets.union([covered, ...here])
  }
  return {
    toward: new Map(Array.from(parts, ([name, list]) => [name, sets.union(list)])),
    equal: Array.from(equal.values(), (ways) => ({
      interfaces: ways.interfaces,
      packets: sets.union(ways.sets),
    })),
    discarded: sets.union(discarded),
    unrouted: sets.without(sets.all, covered),
  }
}

function byLength(routes: readonly Entry[]): readonly (readonly [number, readonly Entry[]])[] {
  const groups = new Map<number, Entry[]>()
  for (const route of routes) {
    const list = groups.get(route.prefix.length)
    if (list) list.push(route)
    else groups.set(route.prefix.length, [route])
  }
  return [...groups].sort(([a], [b]) => b - a)
}

function byNextHops(routes: readonly Entry[]): readonly (readonly Entry[])[] {
  const groups = new Map<string, Entry[]>()
  for (const route of routes) {
    const key = route.nextHops.map((hop) => hop.interface).join(' ')
    const list = groups.get(key)
    if (list) list.push(route)
    else groups.set(key, [route])
  }
  return [...groups.values()]
}
