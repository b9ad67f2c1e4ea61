/**
 * Who reaches the services that every host has for its VMs (R22), at addresses that are the same on all hosts. A VM may open
 * connections to their ports; the host takes them from VMs. Since a host's ports lead to its own VMs alone, and a VM speaks with
 * its own address alone, what remains is to refuse them to the rest of the network: on the host's other interfaces.
 */
import { hostServiceAddresses, hostServices, type Node } from '../../model/index.ts'
import { hostPrefix, PortRange, type Prefix, Protocol } from '../../net/index.ts'
import { defaultDeny, shapeTier } from '../built-in.ts'
import type { Point } from '../point.ts'
import type { Rule } from '../rule.ts'
import type { SiteView } from './site-view.ts'
import { templateRule } from './template-rule.ts'

const machine = templateRule('machine-config')
const host = templateRule('host-config')

/** Of one host. */
export const servicePrefixesOf = ({ addresses }: Node): readonly Prefix[] =>
  hostServiceAddresses(addresses).map(hostPrefix)

const allServices: readonly Prefix[] = hostServices.flatMap(({ addresses }) => addresses.map(hostPrefix))

/** Machine-config rules: what VMs may open. */
export const rulesToServices = (view: SiteView): readonly Rule[] => [
  ...hostServices.map(({ name, addresses, ports }) =>
    machine(
      view,
      `machine/${name}`,
      'allow',
      { destination: addresses.map(hostPrefix), protocol: Protocol.tcp, destinationPorts: portRanges(ports) },
      'To a service that its own host has for it.',
    ),
  ),
  machine(
    view,
    'machine/host-services',
    'deny',
    { destination: allServices },
    'The services of a host have these ports alone.',
  ),
]

/** Host-config rules: what the host takes from VMs. */
export const rulesOfServices = (view: SiteView): readonly Rule[] =>
  hostServices.map(({ name, addresses, ports }) =>
    host(
      view,
      `host/${name}`,
      'allow',
      {
        source: view.site.pools.vms,
        destination: addresses.map(hostPrefix),
        protocol: Protocol.tcp,
        destinationPorts: portRanges(ports),
      },
      'The VMs of a host use its services.',
    ),
  )

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

const portRanges = (ports: readonly number[]) => ports.map((port) => PortRange(port))
