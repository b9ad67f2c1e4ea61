/** What is otherwise in a network as packets find it than it was. */
import {
  between,
  isSameRoute,
  type Network,
  type NetworkChanges,
  type Node,
  neighboursOf,
  nodeById,
  type Route,
  routesAfter,
  type Sameness,
} from '../../model/index.ts'
import { type Prefix, PrefixMap } from '../../net/index.ts'
import type { PointChange, Policy } from '../../policy/index.ts'
import { createWorld, type World } from '../../trace/index.ts'

export interface Difference extends NetworkChanges {
  readonly points: readonly PointChange[]
  /** What routers and hosts lead elsewhere, by node. */
  readonly routes: RouteChanges
}

export type RouteChanges = ReadonlyMap<string, readonly Prefix[]>

/** Of two worlds, the later of which is {@link worldAfter} the earlier one. */
export function changedRoutes(base: World, next: World, { machines }: NetworkChanges): RouteChanges {
  if (base.routes === next.routes) return new Map()
  return new Map(
    [...routersOf(next.network, machines)].map((node) => [
      node,
      routeChanges(base.routes(node), next.routes(node)),
    ]),
  )
}

/** Hosts and routers whose routes may be otherwise. Routes follow from who is where: those of other sites than the changed machines' stay. */
function routersOf(network: Network, machines: readonly Node[]): ReadonlySet<string> {
  const hosts = machines.flatMap(({ vm }) => vm?.host ?? [])
  const routers = hosts.flatMap((host) =>
    neighboursOf(network, host).flatMap(({ node }) => (node.kind === 'vm' ? [] : [node.id])),
  )
  return new Set([...hosts, ...routers])
}

/** A network as packets find it, after some machines of another have become otherwise: what routes it may have in common with that it takes from there. */
export function worldAfter(
  base: World,
  network: Network,
  policy: Policy,
  machines: readonly Node[],
  sameness: Sameness,
): World {
  if (network === base.network) return { ...base, policy }
  const world = createWorld(network, policy)
  if (arePlacedAlike(base.network, network, machines, sameness)) return { ...world, routes: base.routes }
  const routers = routersOf(network, machines)
  const ofMachines = new Set(machines.map(({ id }) => id))
  const made = new Map<string, readonly Route[]>()
  const routesOf = (id: string): readonly Route[] => {
    const known = made.get(id) ?? routesAfter(network, world.node(id), base.routes(id), machines)
    made.set(id, known)
    return known
  }
  return {
    ...world,
    routes: (id) =>
      ofMachines.has(id) ? world.routes(id) : routers.has(id) ? routesOf(id) : base.routes(id),
  }
}

/** Whether machines have the addresses and the cables that they had. */
function arePlacedAlike(was: Network, is: Network, machines: readonly Node[], sameness: Sameness): boolean {
  const cables = (network: Network, id: string) => neighboursOf(network, id).map(({ link }) => link)
  return machines.every(({ id }) => {
    const [before, after] = [nodeById(was, id), nodeById(is, id)]
    return (
      before !== undefined &&
      sameness.same(after?.addresses, before.addresses) &&
      sameness.same(cables(is, id), cables(was, id))
    )
  })
}

/** Prefixes that have other routes, or only one of both has. */
function routeChanges(base: readonly Route[], next: readonly Route[]): readonly Prefix[] {
  const [was, is] = between(base, next, isSameRoute)
  const left = new Set(was)
  const before = new PrefixMap<Route>()
  for (const route of was) before.set(route.prefix, route)
  const changed: Prefix[] = []
  for (const route of is) {
    const other = before.get(route.prefix)
    if (other) left.delete(other)
    if (!other || !isSameRoute(route, other)) changed.push(route.prefix)
  }
  return [...changed, ...Array.from(left, ({ prefix }) => prefix)]
}
