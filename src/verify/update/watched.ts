/** Which machines are looked at after a change, where a few stand for all that are alike. */
import { type Network, type Node, nodeById, vmsBeside, vmsOfHost } from '../../model/index.ts'
import type { Prefix } from '../../net/index.ts'
import { type Match, matchesOf, type PointChange } from '../../policy/index.ts'
import type { World } from '../../trace/index.ts'
import type { Alike } from '../alike/index.ts'
import type { Affected } from './affected.ts'

export interface Watched {
  /** Hosts and VMs that are looked at. */
  readonly ids: ReadonlySet<string>
  /** Those among them that the change is about: the machines that are otherwise, their services, their hosts. */
  readonly near: ReadonlySet<string>
  /** Those that the change is about, for which others stand. */
  readonly left: ReadonlySet<string>
}

/**
 * Affected packets are by or for a machine that is otherwise. What becomes of one depends on the other machine as well: on its class, and on whether
 * the one is in lists of the other, as machines of one service and of one host are. Of these together those are looked at that stand for all of them
 * as they are now, and of each class one that is not among them.
 * So are of those that lists of these points name now some that stand for them.
 * @param changes points that are otherwise
 * @returns `undefined`: too many machines
 */
export function watchedAfter(
  world: World,
  alike: Alike,
  { machines, atEdge }: Affected,
  changes: readonly PointChange[],
): Watched | undefined {
  // Of packets that meet the edge neither end need be such a machine.
  if (atEdge && machines.size > 0) return undefined
  const beside = besideThese(world.network, nearTo(world.network, machines))
  if (beside.length > mostBeside) return undefined
  const near = alike.among(
    world,
    beside,
    changes.flatMap(({ is }) => is ?? []),
  )
  const around = new Set(beside.map(({ id }) => id))
  const others = alike.othersThan(around, newLists(changes))
  if (near.size > most || !others) return undefined
  const ids = new Set([...near, ...alike.kept])
  for (const { id, vm } of others) {
    ids.add(id)
    if (vm) ids.add(vm.host)
  }
  return { ids, near, left: new Set([...around].filter((id) => !ids.has(id))) }
}

/** Lists of addresses that points ask about since they are otherwise. */
function newLists(changes: readonly PointChange[]): readonly (readonly Prefix[])[] {
  const lists = new Set<readonly Prefix[]>()
  const add = ({ source, destination }: Pick<Match, 'source' | 'destination'>): void => {
    if (source) lists.add(source)
    if (destination) lists.add(destination)
  }
  for (const { was, is } of changes) {
    if (!is) continue
    if (is.scope) add(is.scope)
    for (const tier of is.tiers) if (!was?.tiers.includes(tier)) matchesOf(tier).forEach(add)
  }
  return [...lists]
}

/** More are not fewer than all that are usually looked at. */
const most = 400

/** To find out who of more is alike takes as long as to look at all again. */
const mostBeside = 4000

/** Some machines, with all VMs of their hosts. */
function besideThese(network: Network, near: ReadonlySet<string>): readonly Node[] {
  const beside = new Set<Node>()
  for (const id of near) {
    const node = nodeById(network, id)
    if (!node) continue
    beside.add(node)
    if (node.kind === 'host') for (const vm of vmsOfHost(network, id)) beside.add(vm)
  }
  return [...beside]
}

export function nearTo(network: Network, machines: ReadonlyMap<string, Node>): ReadonlySet<string> {
  const near = new Set<string>()
  if (machines.size === 0) return near
  const add = ({ id, vm }: Node): void => {
    near.add(id)
    if (vm) near.add(vm.host)
  }
  for (const vm of vmsBeside(network, machines.values())) add(vm)
  for (const [id, { kind, vm }] of machines) {
    if (kind === 'host' && nodeById(network, id)) near.add(id)
    if (vm && nodeById(network, vm.host)) near.add(vm.host)
  }
  return near
}
