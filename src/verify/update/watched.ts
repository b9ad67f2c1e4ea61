/** Which machines are looked at after a change, where a few stand for all that are alike. */
import { type Network, type Node, nodeById, vmsBeside } from '../../model/index.ts'
import type { Alike } from '../alike/index.ts'
import type { Affected } from './affected.ts'

export interface Watched {
  /** Hosts and VMs that are looked at. */
  readonly ids: ReadonlySet<string>
  /** Those among them that the change is about: the machines that are otherwise, their services, their hosts. */
  readonly near: ReadonlySet<string>
}

/**
 * Affected packets are by or for a machine that is otherwise. What becomes of one depends on the other machine as well: on its class, and on whether
 * the one is in lists of the other, as machines of one service and of one host are. So these are all looked at, and of each class one that is not
 * among them.
 * @returns `undefined`: too many machines
 */
export function watchedAfter(
  network: Network,
  alike: Alike,
  { machines, atEdge }: Affected,
): Watched | undefined {
  // Of packets that meet the edge neither end need be such a machine.
  if (atEdge && machines.size > 0) return undefined
  const near = nearTo(network, machines)
  if (near.size > most) return undefined
  const ids = new Set([...near, ...alike.kept])
  for (const { id, vm } of alike.othersThan(near)) {
    ids.add(id)
    if (vm) ids.add(vm.host)
  }
  return { ids, near }
}

/** More are not fewer than all that are usually looked at. */
const most = 400

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
