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
  type Sameness,
} from '../../model/index.ts'
import { type Prefix, PrefixMap } from '../../net/index.ts'
import type { PointChange } from '../../policy/index.ts'
import type { World } from '../../trace/index.ts'

export interface Difference extends NetworkChanges {
  readonly points: readonly PointChange[]
  /** What routers and hosts lead elsewhere, by node. */
  readonly routes: RouteChanges
}

export type RouteChanges = ReadonlyMap<string, readonly Prefix[]>

/** Routes follow from who is where: those of other sites than the changed machines' stay. */
export function changedRoutes(
  base: World,
  next: World,
  { machines }: NetworkChanges,
  sameness: Sameness,
): RouteChanges {
  if (base.routes === next.routes || arePlacedAlike(base.network, next.network, machines, sameness))
    return new Map()
  const hosts = new Set(machines.flatMap(({ vm }) => vm?.host ?? []))
  const routers = [...hosts].flatMap((host) =>
    neighboursOf(next.network, host).flatMap(({ node }) => (node.kind === 'vm' ? [] : [node.id])),
  )
  return new Map(
    [...new Set([...hosts, ...routers])].map((node) => [
      node,
      routeChanges(base.routes(node), next.routes(node)),
    ]),
  )
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
