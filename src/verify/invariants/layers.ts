/**
 * What holds at each layer by itself, whatever the others do: routers at the edge, distribution routers, and the firewalls of native
 * hosts. A hole in one layer is found here even while the others still close it.
 */
import {
  hostServices,
  type InfrastructureClients,
  infrastructureClients,
  isAmong,
  type Listener,
  type Network,
  type Node,
  nodeById,
  nodesOfKind,
  type Site,
  siteByName,
  vmsOfHost,
} from '../../model/index.ts'
import { hostPrefix, type Prefix, Protocol, subtractPrefixes } from '../../net/index.ts'
import type { Match, Point } from '../../policy/index.ts'
import { toOthers } from '../arrival/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { openings } from '../packets/index.ts'
import { clientsOf } from './infrastructure.ts'
import type { PointInvariant } from './invariant.ts'
import { writtenAtEdge, writtenGuest, writtenOut } from './open/written.ts'
import { prefixesOf } from './origin.ts'
import type { Proof } from './proof.ts'

/** What the point may let pass it must. */
function exactly(invariant: PointInvariant): PointInvariant {
  return { ...invariant, demanded: invariant.permitted }
}

export const layerInvariants: readonly PointInvariant[] = [
  exactly({
    kind: 'point',
    id: 'edge-in',
    ofAlike: true,
    rows: ['R9', 'R13', 'R15'],
    claim:
      'By itself an access router lets in what is addressed to VIPs of its site, from sources that can be outside, and that its lists have nothing against, and only that.',
    points: (proof) => edgePoints(proof, 'isp'),
    permitted(proof, point) {
      const { network, sets } = proof
      const site = siteOf(proof, point)
      const { vips, routers } = site.public
      return sets.allOf([
        sets.without(sets.all, proof.by([...network.internal, ...network.bogons, ...vips, ...routers])),
        proof.to(vips),
        writtenAtEdge(proof, site, 'in'),
      ])
    },
  }),
  exactly({
    kind: 'point',
    id: 'edge-out',
    ofAlike: true,
    rows: ['R9', 'R14', 'R15'],
    claim:
      'By itself an access router lets out what bears a VIP of its site and is not addressed to the inside or to access routers, and that its lists have nothing against, and only that.',
    points: (proof) => edgePoints(proof, 'balancer'),
    permitted(proof, point) {
      const { network, sets } = proof
      const site = siteOf(proof, point)
      const routers = network.sites.flatMap((each) => each.public.routers)
      return sets.allOf([
        sets.without(sets.all, proof.to([...network.internal, ...routers])),
        proof.by(site.public.vips),
        writtenAtEdge(proof, site, 'out'),
      ])
    },
  }),
  {
    kind: 'point',
    id: 'inner-addresses',
    ofAlike: true,
    rows: ['R10', 'R15'],
    claim:
      'By itself a distribution router lets pass only addresses that exist, and from each neighbour only sources that are behind it.',
    points: (proof) => proof.points('distribution-router'),
    permitted: existing,
  },
  {
    kind: 'point',
    id: 'inner-openings',
    ofAlike: true,
    rows: ['R10'],
    claim:
      'By itself a distribution router lets TCP be opened only where somebody has to open it, all other TCP bears ACK or RST, and nothing else is stopped between addresses that exist.',
    points: (proof) => proof.points('distribution-router'),
    permitted: openable,
    demanded: (proof, point) => proof.sets.mask(existing(proof, point), openable(proof, point)),
  },
  {
    kind: 'point',
    id: 'native-hears',
    ofAlike: true,
    rows: ['R21', 'R24'],
    claim:
      'By itself the firewall of a native host lets in the clients of its services, and DHCP answers, and nobody else.',
    points: (proof) => nativePoints(proof, 'to-local'),
    permitted: (proof, point) => heardBy(proof, point),
    demanded: (proof, point) => proof.sets.mask(openings(proof.sets), heardBy(proof, point)),
  },
  {
    kind: 'point',
    id: 'native-speaks',
    ofAlike: true,
    rows: ['R21', 'R24'],
    claim:
      'By itself the firewall of a native host lets out what opens a service that it is a client of, and requests of DHCP, and nothing else.',
    points: (proof) => nativePoints(proof, 'from-local'),
    permitted: (proof, point) => spokenBy(proof, nodeOf(proof, point)),
    demanded: (proof, point) =>
      proof.sets.allOf([
        openings(proof.sets),
        toOthers(proof.sets, nodeOf(proof, point)),
        spokenBy(proof, nodeOf(proof, point)),
      ]),
  },
  {
    kind: 'point',
    id: 'host-speaks',
    ofAlike: true,
    rows: ['R22'],
    claim:
      'By itself the firewall of a host lets its partition open only what its configuration says, and send errors to VMs; its services speak to its own VMs alone.',
    points: (proof) => proof.points('host').filter(({ direction }) => direction === 'out'),
    permitted: (proof, point) => {
      const host = nodeOf(proof, point)
      return proof.sets.union([writtenOut(proof, host), repliesOf(proof, host)])
    },
    demanded(proof, point) {
      const host = nodeOf(proof, point)
      if (!point.flow)
        return neighbourOf(proof, point).kind === 'vm' ? repliesOf(proof, host) : proof.sets.none
      return proof.sets.mask(openings(proof.sets), writtenOut(proof, host))
    },
  },
  {
    kind: 'point',
    id: 'guest-firewall',
    ofAlike: true,
    rows: ['R23'],
    claim:
      'By itself a guest firewall lets pass what the customer wrote, in each direction, and nothing else.',
    points: (proof) => proof.points('guest'),
    permitted: (proof, point) => writtenGuest(proof, nodeOf(proof, point), point.direction),
    demanded: (proof, point) =>
      proof.sets.mask(openings(proof.sets), writtenGuest(proof, nodeOf(proof, point), point.direction)),
  },
]

const repliesOf = (proof: Proof, host: Node): DiagramSet =>
  proof.sets.mask(
    proof.sets.all,
    proof.sets.union(serviceReplies(proof, host).map((match) => proof.sets.match(match))),
  )

/** Answers of a host's services, which keep no flows: TCP that opens nothing. */
function serviceReplies({ network }: Proof, host: Node): readonly Match[] {
  const destination = prefixesOf(vmsOfHost(network, host.id))
  return hostServices.flatMap(({ addresses, ports }) =>
    [ack, rst].map((tcpFlags) => ({
      source: addresses.map(hostPrefix),
      sourcePorts: ports.map((port) => ({ first: port, last: port })),
      destination,
      protocol: Protocol.tcp,
      tcpFlags,
    })),
  )
}

/** ACK, or RST without it (RFC 9293 section 3.10.7). */
const ack = { mask: 0x10, value: 0x10 }
const rst = { mask: 0x14, value: 0x04 }

const nodeOf = ({ network }: Proof, { node }: Point): Node => nodeById(network, node) as Node
const siteOf = (proof: Proof, point: Point): Site =>
  siteByName(proof.network, nodeOf(proof, point).site ?? '') as Site

/** The node at the other end of a point's first interface. */
const neighbourOf = ({ world }: Proof, { node, interfaces: [iface] }: Point): Node =>
  world.node(world.peer(node, iface as string).node)

const edgePoints = (proof: Proof, toward: Node['kind']): readonly Point[] =>
  proof.points('access-router').filter((point) => neighbourOf(proof, point).kind === toward)

const nativePoints = (proof: Proof, heading: 'to-local' | 'from-local'): readonly Point[] =>
  proof.points('native-host').filter(({ flow }) => flow?.heading === heading)

const poolsOf = ({ pools }: Site): readonly Prefix[] => [
  ...pools.routers,
  ...pools.infrastructure,
  ...pools.hosts,
  ...pools.vms,
]

const heardBy = (proof: Proof, point: Point): DiagramSet => clientsOf(proof, nodeOf(proof, point))

/** What a native host may open, and how it asks for its address. */
export const spokenBy = (proof: Proof, machine: Node): DiagramSet =>
  proof.sets.union([...servicesFor(proof, machine), ...dhcpRequests.map((match) => proof.sets.match(match))])

/** Between addresses that some pool or the Internet has, from where they are. */
function existing(proof: Proof, point: Point): DiagramSet {
  const { sets, network } = proof
  const nobody = proof.once('nobody', () => {
    const prefixes = subtractPrefixes(
      [...network.internal, ...network.bogons],
      network.sites.flatMap(poolsOf),
    )
    return sets.union([proof.by(prefixes), proof.to(prefixes)])
  })
  return sets.without(sets.mask(sets.all, behind(proof, point)), nobody)
}

function openable(proof: Proof, point: Point): DiagramSet {
  const { sets } = proof
  const open = openedFrom(proof, point).map((match) => sets.match({ ...newTcp, ...match }))
  return sets.union([sets.without(sets.all, sets.match(newTcp)), ...open])
}

/** Sources that come from a neighbour of a distribution router. */
function behind(proof: Proof, point: Point): DiagramSet {
  const { sets, network } = proof
  const site = siteOf(proof, point)
  const node = neighbourOf(proof, point)
  const own = prefixesOf([node, ...vmsOfHost(network, node.id)])
  if (node.site !== site.name)
    return proof.by(network.sites.filter(({ name }) => name === node.site).flatMap(poolsOf))
  if (node.kind === 'distribution-router') return sets.all
  if (node.kind !== 'balancer') return proof.by(own)
  return sets.union([proof.by(own), sets.without(sets.all, proof.by(network.internal))])
}

/** TCP that opens a connection, or is nothing that belongs to one: neither ACK nor RST is set (RFC 9293 section 3.10.7). */
const newTcp: Match = { protocol: Protocol.tcp, tcpFlags: { mask: 0x14, value: 0 } }

/** Where to a neighbour of a distribution router may open TCP connections. */
function openedFrom(proof: Proof, point: Point): readonly Match[] {
  const { network } = proof
  const { name, pools, ports } = siteOf(proof, point)
  const node = neighbourOf(proof, point)
  if (node.site !== name) return [{ destination: pools.infrastructure }]
  switch (node.kind) {
    case 'host':
      return [
        { destination: pools.vms },
        { destination: pools.infrastructure },
        { destination: subtractPrefixes([...wholeWorld], network.internal) },
      ]
    case 'balancer':
      return [
        { destination: pools.vms },
        {
          destination: prefixesOf(nodesOfKind(network, name, 'name-server')),
          destinationPorts: [{ first: ports.dns, last: ports.dns }],
        },
      ]
    case 'distribution-router':
      return [
        { destination: pools.vms },
        { destination: network.sites.flatMap((site) => site.pools.infrastructure) },
        { destination: pools.hosts },
        { destination: pools.routers },
        { destination: subtractPrefixes([...wholeWorld], network.internal) },
      ]
    default:
      return [
        { destination: network.sites.flatMap((site) => site.pools.infrastructure) },
        { destination: pools.hosts },
        { destination: pools.routers },
      ]
  }
}

const wholeWorld: readonly Prefix[] = [
  { family: 4, value: 0n, length: 0 },
  { family: 6, value: 0n, length: 0 },
]

/** How a machine asks for its address (RFC 2131 section 4.1, RFC 8415 section 7.2). */
const dhcpRequests: readonly Match[] = [
  {
    family: 4,
    protocol: Protocol.udp,
    sourcePorts: [{ first: 68, last: 68 }],
    destinationPorts: [{ first: 67, last: 67 }],
  },
  {
    family: 6,
    protocol: Protocol.udp,
    sourcePorts: [{ first: 546, last: 546 }],
    destinationPorts: [{ first: 547, last: 547 }],
  },
]

/** A service of the infrastructure in a site, on all machines that have it. */
interface Offer {
  readonly site: string | undefined
  readonly clients: InfrastructureClients
  readonly match: Match
}

const offers = new WeakMap<Network, readonly Offer[]>()

/** What a native host may open: services of which it is a client; those that are open to all, in its own site. */
const servicesFor = ({ network, sets }: Proof, machine: Node): readonly DiagramSet[] =>
  offersOf(network)
    .filter(({ site, clients: { sources } }) => (sources ? isAmong(sources, machine) : site === machine.site))
    .map(({ match }) => sets.match(match))

function offersOf(network: Network): readonly Offer[] {
  const known = offers.get(network)
  if (known) return known
  const groups = new Map<
    string,
    { readonly server: Node; readonly listener: Listener; readonly servers: Node[] }
  >()
  for (const server of network.nodes)
    for (const listener of server.listeners) {
      const key = `${server.site} ${listener.service} ${listener.protocol} ${listener.port}`
      const group = groups.get(key) ?? { server, listener, servers: [] }
      groups.set(key, group)
      group.servers.push(server)
    }
  const made = Array.from(groups.values(), ({ server, listener, servers }): readonly Offer[] => {
    const clients = infrastructureClients(network, server, listener)
    if (!clients) return []
    const { protocol, port } = listener
    const match: Match = {
      destination: prefixesOf(servers),
      protocol: Protocol[protocol],
      destinationPorts: [{ first: port, last: port }],
    }
    return [{ site: server.site, clients, match }]
  }).flat()
  offers.set(network, made)
  return made
}
