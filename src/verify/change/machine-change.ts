/** Machines that are new, gone, elsewhere, or have other addresses; by role or kind. */
import type { Node } from '../../model/index.ts'
import { formatIp } from '../../net/index.ts'
import type { Sides } from './cells.ts'
import { partyOf } from './party.ts'

export interface MachineChange {
  readonly kind:
    | 'added'
    | 'removed'
    /** Other addresses. */
    | 'addresses'
    /** A VM on another host. */
    | 'host'
    /** What listens on it. */
    | 'listeners'
    /** Other VIPs of a service in a site. */
    | 'vips'
  /** Of a role or kind; of a service, for `vips`. */
  readonly name: string
  /** Ids of machines; of sites, for `vips`. */
  readonly nodes: readonly string[]
}

export function machineChanges(sides: Sides): readonly MachineChange[] {
  const { old, next } = sides
  const found = new Map<string, MachineChange & { readonly nodes: string[] }>()
  const note = (kind: MachineChange['kind'], name: string, id: string): void => {
    const change = found.get(`${kind} ${name}`) ?? { kind, name, nodes: [] }
    found.set(`${kind} ${name}`, change)
    change.nodes.push(id)
  }
  for (const node of next.network.nodes) {
    const { name } = partyOf(node)
    const was = old.node(node.id)
    if (!was) {
      note('added', name, node.id)
      continue
    }
    if (addresses(was) !== addresses(node)) note('addresses', name, node.id)
    if (was.vm?.host !== node.vm?.host) note('host', name, node.id)
    if (listeners(was) !== listeners(node)) note('listeners', name, node.id)
  }
  for (const node of old.network.nodes) if (!next.node(node.id)) note('removed', partyOf(node).name, node.id)
  const before = vipsOf(sides.old.network)
  for (const [key, vips] of vipsOf(sides.next.network)) {
    const [service, site] = key.split('\n') as [string, string]
    const was = before.get(key)
    if (was !== undefined && was !== vips) note('vips', service, site)
  }
  return [...found.values()].toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
}

const order: readonly MachineChange['kind'][] = ['added', 'removed', 'vips', 'host', 'addresses', 'listeners']

const addresses = (node: Node): string => [...node.addresses, ...node.publicAddresses].map(formatIp).join(' ')

const listeners = ({ listeners: list }: Node): string =>
  JSON.stringify(list.map(({ name, protocol, port, application }) => [name, protocol, port, application]))

const vipsOf = ({ services }: Sides['old']['network']): ReadonlyMap<string, string> =>
  new Map(
    services.flatMap(({ name, deployments }) =>
      deployments.map(({ site, vips }) => [`${name}\n${site}`, vips.map(formatIp).join(' ')] as const),
    ),
  )
