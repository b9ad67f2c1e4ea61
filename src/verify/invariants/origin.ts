/** Kinds of senders, and the kinds of nodes that they are. */
import type { Node, NodeKind } from '../../model/index.ts'
import { hostPrefix, type Prefix } from '../../net/index.ts'

/**
 * Who sends: everything outside, or of a site all VMs, all fabric controllers, all other machines, all routers or balancers of a kind. They send at once: what
 * is common to their ways is followed once. VMs and fabric controllers are by themselves, since more is forbidden, or allowed, to them.
 */
export type Origin = 'outside' | `${string} ${OriginKind}`

/** Of an origin, what of it all sites have. */
export const kindOf = (origin: Origin): string => origin.slice(origin.lastIndexOf(' ') + 1)

export type OriginKind = 'vm' | 'fabric-controller' | 'other-machine' | InnerKind | 'access-router'

type InnerKind = 'distribution-router' | 'balancer'

export const outsiders: ReadonlySet<NodeKind> = new Set(['internet', 'isp'])

export const otherMachines: ReadonlySet<NodeKind> = new Set([
  'host',
  'name-server',
  'jump-box',
  'storage',
  'activation-server',
])

/** Inside a site, and no machines. */
export const innerKinds: readonly InnerKind[] = ['distribution-router', 'balancer']

export const insideKinds: readonly NodeKind[] = ['vm', 'fabric-controller', ...otherMachines, ...innerKinds]

/** Prefixes of the addresses of nodes. */
export const prefixesOf = (nodes: readonly Node[]): readonly Prefix[] =>
  nodes.flatMap(({ addresses }) => addresses.map(hostPrefix))
