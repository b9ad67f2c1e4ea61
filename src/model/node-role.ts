/** What the kind of a node says about packets: whether it forwards them, and which addresses it answers on. */
import type { Ip } from '../net/index.ts'
import type { Node, NodeKind } from './network.ts'

const forwarding: ReadonlySet<NodeKind> = new Set([
  'internet',
  'isp',
  'access-router',
  'balancer',
  'distribution-router',
  'host',
])

export const forwards = ({ kind }: Node): boolean => forwarding.has(kind)

/**
 * Addresses at which a node itself is reached. Balancers' egress addresses are not theirs to answer on: what is not translated
 * there goes nowhere.
 */
export const localAddresses = ({ kind, addresses, publicAddresses }: Node): readonly Ip[] =>
  kind === 'balancer' ? addresses : [...addresses, ...publicAddresses]
