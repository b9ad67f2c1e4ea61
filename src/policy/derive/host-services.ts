/**
 * Who reaches the services that every host has for its VMs (R22), at addresses that are the same on all hosts. The
 * templates say that a VM may open connections to their ports, and that the host takes them from its VMs. Since a host's ports lead to its own VMs alone, and a VM speaks with
 * its own address alone, what remains is to refuse them to the rest of the network: on the host's other interfaces.
 */
import { hostServiceAddresses, type Node } from '../../model/index.ts'
import { hostPrefix, type Prefix } from '../../net/index.ts'
import { defaultDeny, shapeTier } from '../built-in.ts'
import type { Point } from '../point.ts'
import type { SiteView } from './site-view.ts'
import { templateRule } from './template-rule.ts'

const host = templateRule('host-config')

/** Of one host. */
export const servicePrefixesOf = ({ addresses }: Node): readonly Prefix[] =>
  hostServiceAddresses(addresses).map(hostPrefix)

/** Stands before the host filter on the interfaces that lead to the site. */
export function serviceGuard(view: SiteView, node: Node): Point {
  const destination = servicePrefixesOf(node)
  return {
    id: `${node.id}/services/in`,
    kind: 'host',
    node: node.id,
    interfaces: view.interfaces(node.id, 'distribution-router'),
    direction: 'in',
    scope: { destination },
    tiers: [
      shapeTier,
      {
        kind: 'rules',
        name: 'host-services',
        rules: [
          host(
            view,
            'services/not-from-outside',
            'deny',
            { destination },
            'The services of a host are there for its own VMs.',
          ),
        ],
      },
    ],
    defaultDeny,
  }
}
