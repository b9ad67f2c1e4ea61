/** What the kind of a node says about packets: whether it forwards them, and which addresses it answers on. */
import { type Ip, ipEquals } from '../net/index.ts'
import { hostServiceAddresses } from './host-services.ts'
import type { Listener, Node, NodeKind } from './network.ts'

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
 * there goes nowhere. A host has the addresses of its services for VMs beside its own.
 */
export function localAddresses({ kind, addresses, publicAddresses }: Node): readonly Ip[] {
  if (kind === 'balancer') return addresses
  if (kind === 'host') return [...addresses, ...hostServiceAddresses(addresses)]
  return [...addresses, ...publicAddresses]
}

/** What listens on a node at an address and port. */
export const listenerAt = (
  listeners: readonly Listener[],
  protocol: Listener['protocol'],
  address: Ip,
  port: number,
): Listener | undefined =>
  listeners.find(
    (l) =>
      l.protocol === protocol &&
      l.port === port &&
      (l.addresses === undefined || l.addresses.some((own) => ipEquals(own, address))),
  )
