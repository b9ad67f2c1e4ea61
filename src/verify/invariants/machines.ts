/** What holds at VMs and at the partitions of their hosts, each filter by itself: whatever else fails, this much stands. */
import {
  hostServices,
  type Network,
  type Node,
  neighboursOf,
  nodeById,
  nodesOfKind,
  type Role,
  type Site,
  serviceByName,
  siteByName,
  vmsOfHost,
  vmsOfRole,
} from '../../model/index.ts'
import { hostPrefix, type PortRange, type Prefix, Protocol, prefix } from '../../net/index.ts'
import type { Match, Point } from '../../policy/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { icmpOfTypes, openings } from '../packets/index.ts'
import { admitted } from './access-list.ts'
import type { PointInvariant } from './invariant.ts'
import { writtenAtServices, writtenConfig, writtenIn } from './open/written.ts'
import { prefixesOf } from './origin.ts'
import type { Proof } from './proof.ts'

export const machineInvariants: readonly PointInvariant[] = [
  {
    kind: 'point',
    id: 'vm-own-source',
    ofAlike: true,
    rows: ['R15', 'R18'],
    claim: 'A VM speaks with its own addresses, and with none only to ask for one.',
    points: (proof) => vmPoints(proof, 'from-local'),
    permitted(proof, point) {
      const vm = vmOf(proof, point)
      const asks = dhcpOf(proof.network, vm).map((match) => proof.sets.match(match))
      return proof.sets.union([proof.by(prefixesOf([vm])), ...asks])
    },
  },
  {
    kind: 'point',
    id: 'vm-destinations',
    ofAlike: true,
    rows: ['R19'],
    claim:
      'A VM reaches the Internet, VMs of its site, name and activation servers, and the services of its host; no router subnet and nothing else inside.',
    points: (proof) => vmPoints(proof, 'from-local'),
    permitted: (proof, point) => {
      const vm = vmOf(proof, point)
      return proof.sets.union([
        siteDestinations(proof, siteOf(proof.network, vm)),
        ...dhcpOf(proof.network, vm).map((match) => proof.sets.match(match)),
      ])
    },
    demanded(proof, point) {
      const vm = vmOf(proof, point)
      const { sets } = proof
      const asks = dhcpOf(proof.network, vm).map((match) => sets.match(match))
      return sets.allOf([
        openings(sets),
        sets.union([proof.by(prefixesOf([vm])), ...asks]),
        saidByMachines(proof),
        writtenConfig(proof, vm, 'out'),
      ])
    },
  },
  {
    kind: 'point',
    id: 'vm-no-server',
    ofAlike: true,
    rows: ['R18'],
    claim:
      'A VM gives nobody an address and shows nobody a way: it sends nothing that servers of DHCP and routers alone say.',
    points: (proof) => vmPoints(proof, 'from-local'),
    permitted: (proof) => saidByMachines(proof),
  },
  {
    kind: 'point',
    id: 'vm-hears',
    ofAlike: true,
    rows: ['R18', 'R20'],
    claim: 'A VM hears on the endpoints of its role: all on public ones, its own service on internal ones.',
    points: (proof) => vmPoints(proof, 'to-local'),
    permitted: (proof, point) => roleOpenings(proof, vmOf(proof, point)),
    demanded(proof, point) {
      const vm = vmOf(proof, point)
      return proof.sets.allOf([openings(proof.sets), roleOpenings(proof, vm), writtenConfig(proof, vm, 'in')])
    },
  },
  {
    kind: 'point',
    id: 'host-hears',
    ofAlike: true,
    rows: ['R22'],
    claim:
      'A host partition hears fabric controllers on its one port, DHCP answers, and its own VMs on the services that it has for them.',
    points: (proof) => proof.points('host').filter(({ direction }) => direction === 'in'),
    permitted: (proof, point) => heardByHost(proof, nodeById(proof.network, point.node) as Node),
    demanded(proof, point) {
      if (!point.flow && !leadsToVms(proof, point)) return proof.sets.none
      const host = nodeById(proof.network, point.node) as Node
      const open = heardByHost(proof, host)
      const written = point.flow ? writtenIn(proof, host) : writtenAtServices(proof, host, 'in')
      return proof.sets.allOf([openings(proof.sets), open, written])
    },
  },
]

const vmPoints = (proof: Proof, heading: 'to-local' | 'from-local'): readonly Point[] =>
  proof.points('hypervisor').filter(({ flow }) => flow?.heading === heading)

/** Whether a host's point stands toward its VMs, and not toward the site. */
export const leadsToVms = ({ world }: Proof, { node, interfaces: [iface] }: Point): boolean =>
  world.node(world.peer(node, iface as string).node).kind === 'vm'

/** The VM behind a hypervisor's point. */
export function vmOf({ network, world }: Proof, { id, node, interfaces: [iface] }: Point): Node {
  const vm = iface === undefined ? undefined : nodeById(network, world.peer(node, iface).node)
  if (!vm?.vm) throw new TypeError(`prove ${id}: there is no VM behind it`)
  return vm
}

const siteOf = (network: Network, node: Node): Site => siteByName(network, node.site ?? '') as Site

const port = (number: number): readonly PortRange[] => [{ first: number, last: number }]

/** How a machine without an address asks for one (RFC 2131 section 4.1, RFC 8415 section 7.2). */
const dhcpOf = (network: Network, vm: Node): readonly Match[] => [
  {
    source: [prefix('0.0.0.0/32'), ...prefixesOf([vm])],
    destination: [prefix('255.255.255.255/32')],
    protocol: Protocol.udp,
    sourcePorts: port(68),
    destinationPorts: port(67),
  },
  {
    source: [...linkLocalsOf(network, vm), ...prefixesOf([vm])],
    destination: [prefix('ff02::1:2/128')],
    protocol: Protocol.udp,
    sourcePorts: port(546),
    destinationPorts: port(547),
  },
]

/**
 * What only servers of addresses and routers say: whatever a DHCP client would take for an answer (RFC 2131 section 4.1, RFC 8415 section
 * 7.2), ICMP redirects and router advertisements (RFC 792, RFC 1256), and neighbour discovery, which never leaves a link (RFC 4861 section 4).
 */
export const saidByMachines = ({ once, sets }: Proof): DiagramSet =>
  once('said by machines', () =>
    sets.without(
      sets.all,
      sets.union([
        sets.match({ protocol: Protocol.udp, destinationPorts: [...port(68), ...port(546)] }),
        icmpOfTypes(sets, (family) => (family === 4 ? [5, 9] : [133, 134, 135, 136, 137])),
      ]),
    ),
  )

const linkLocalsOf = (network: Network, vm: Node): readonly Prefix[] =>
  neighboursOf(network, vm.id).map(({ near }) => hostPrefix(near.linkLocal))

const siteDestinations = (proof: Proof, site: Site): DiagramSet =>
  proof.once(`destinations ${site.name}`, () => {
    const { network, sets } = proof
    const to = (kind: Node['kind'], protocol: number, number: number) =>
      sets.match({
        destination: prefixesOf(nodesOfKind(network, site.name, kind)),
        protocol,
        destinationPorts: port(number),
      })
    return sets.union([
      sets.without(sets.all, proof.to([...network.internal, ...hostServicePrefixes])),
      proof.to(site.pools.vms),
      to('name-server', Protocol.udp, site.ports.dns),
      to('name-server', Protocol.tcp, site.ports.dns),
      to('activation-server', Protocol.tcp, site.ports.activation),
      ...serviceMatches.map((match) => sets.match(match)),
    ])
  })

const hostServicePrefixes: readonly Prefix[] = hostServices.flatMap(({ addresses }) =>
  addresses.map(hostPrefix),
)

const serviceMatches: readonly Match[] = hostServices.map(({ addresses, ports }) => ({
  destination: addresses.map(hostPrefix),
  protocol: Protocol.tcp,
  destinationPorts: ports.map((number) => ({ first: number, last: number })),
}))

/** What the service model opens at a VM. VMs of a role share it: at which of their addresses a packet comes is the network's matter. */
export const roleOpenings = (proof: Proof, vm: Node): DiagramSet =>
  proof.once(`role ${vm.site} ${vm.vm?.service} ${vm.vm?.role}`, () => openingsOfRole(proof, vm))

function openingsOfRole(proof: Proof, vm: Node): DiagramSet {
  const { network, sets } = proof
  const balancers = nodesOfKind(network, vm.site, 'balancer')
  const egress = balancers.flatMap(({ publicAddresses }) => publicAddresses.map(hostPrefix))
  const service = serviceByName(network, vm.vm?.service ?? '')
  const role = service?.roles.find(({ name }) => name === vm.vm?.role)
  if (!service || !role) return sets.none
  const machinesOf = (roles: readonly string[]): readonly Prefix[] =>
    prefixesOf(roles.flatMap((name) => vmsOfRole(network, vm.site as string, service.name, name)))
  const own = machinesOf(service.roles.map(({ name }) => name))
  return sets.union(
    role.endpoints.flatMap((endpoint) => {
      const from = endpoint.only ? machinesOf(endpoint.only.from) : own
      const source = endpoint.exposure === 'internal' ? { source: from } : {}
      // What comes by a VIP of the site bears the balancer's address, and was asked there.
      const listed = endpoint.acl && sets.union([admitted(proof, endpoint.acl), proof.by(egress)])
      return portsOf(endpoint).map((match) => sets.allOf([sets.match({ ...source, ...match }), listed]))
    }),
  )
}

/** Protocols and ports of an endpoint at its VMs. */
export function portsOf({
  protocol,
  port: first,
  lastPort = first,
}: Role['endpoints'][number]): readonly Match[] {
  if (protocol === 'any') return [{}]
  const protocols = protocol === 'tcp-udp' ? (['tcp', 'udp'] as const) : [protocol]
  return protocols.map((each) => ({
    protocol: Protocol[each],
    destinationPorts: [{ first, last: lastPort }],
  }))
}

/** What a host partition may hear. */
export const heardByHost = ({ network, sets }: Proof, host: Node): DiagramSet =>
  sets.union(hostOpenings(network, host).map((match) => sets.match(match)))

/** What a host partition is to hear (R22). */
function hostOpenings(network: Network, host: Node): readonly Match[] {
  const site = siteOf(network, host)
  const vms = prefixesOf(vmsOfHost(network, host.id))
  return [
    {
      source: prefixesOf(nodesOfKind(network, site.name, 'fabric-controller')),
      protocol: Protocol.tcp,
      destinationPorts: port(site.ports.agent),
    },
    ...dhcpAnswers(site),
    ...serviceMatches.map((match) => ({ ...match, source: vms })),
  ]
}

/** What a machine of a site hears from its DHCP servers (RFC 2131 section 4.1, RFC 8415 section 7.2). */
export function dhcpAnswers({ pools }: Site): readonly Match[] {
  const source = [...pools.infrastructure, prefix('fe80::/10')]
  return [
    { family: 4, source, protocol: Protocol.udp, sourcePorts: port(67), destinationPorts: port(68) },
    { family: 6, source, protocol: Protocol.udp, sourcePorts: port(547), destinationPorts: port(546) },
  ]
}
