/** The parts of a proof that a change touches. */
import { nodeById, nodesOfKind, siteByName } from '../../model/index.ts'
import type { Point } from '../../policy/index.ts'
import { everything } from '../diagram/index.ts'
import type { Limit } from '../invariants/limit.ts'
import type { Proof } from '../invariants/proof.ts'
import type { Affected } from './affected.ts'
import type { Difference } from './difference.ts'

/** @param near machines that the change is about, with those beside them */
export function limitOf(
  { sets, world }: Proof,
  { points, edges }: Difference,
  { machines, packets, errors, errorsAtEdge }: Affected,
  near: ReadonlySet<string>,
): Limit {
  const changed = new Set<Point>(points.flatMap(({ is }) => is ?? []))
  const sites = new Set(Array.from(machines.values(), ({ site }) => site))
  const routers = new Set(
    [...edges].flatMap((site) => nodesOfKind(world.network, site, 'access-router')).map(({ id }) => id),
  )
  const balancers = new Set(
    [...sites].flatMap((site) => nodesOfKind(world.network, site, 'balancer')).map(({ id }) => id),
  )
  const nodes = new Set([...near, ...routers, ...balancers])
  for (const { was, is } of points) for (const each of [was, is]) if (each) nodes.add(each.node)
  const isNear = ({ node, interfaces }: Point): boolean =>
    near.has(node) || interfaces.some((name) => near.has(world.peer(node, name).node))
  const touched = new Set([...nodes].flatMap((id) => nodeById(world.network, id)?.site ?? []))
  return {
    nodes,
    sites: touched,
    packetsOf: (node) => (machines.has(node) ? sets.all : packets),
    // What a site says to its own machines stays in it. Filters know the flow that it quotes, and nothing else in the site looks at that.
    tellingOf: (node) => {
      const site = siteByName(world.network, nodeById(world.network, node)?.site ?? '')
      if (!site || touched.has(site.name)) return sets.all
      return sets.without(sets.all, sets.addresses('source', Object.values(site.pools).flat()))
    },
    // Lists at the edge look at an error, and not at what it is about.
    toldAbout: (node) => (errorsAtEdge || machines.has(node) ? sets.all : packets),
    errorsOf: (node) => (errorsAtEdge || machines.has(node) ? everything : errors),
    touches: (point) =>
      changed.has(point) || routers.has(point.node) || balancers.has(point.node) || isNear(point),
  }
}
