/** What balancers do with the endpoints that the file declares. */
import {
  endpointName,
  neighboursOf,
  nodesOfKind,
  type VirtualBackend,
  type VirtualEndpoint,
} from '../../model/index.ts'
import { hostPrefix } from '../../net/index.ts'
import { pointsAt } from '../../policy/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { admitted } from './access-list.ts'
import type { NetworkInvariant, PlanInvariant, Remark } from './invariant.ts'
import type { Limit } from './limit.ts'
import type { Origin } from './origin.ts'
import { byVmsOf } from './places.ts'
import type { Proof } from './proof.ts'

export const endpointInvariants: readonly NetworkInvariant[] = [
  {
    kind: 'network',
    id: 'balancer-alone',
    ofAlike: true,
    rows: ['R11', 'R12'],
    claim:
      'By itself a balancer lets in only what goes to a machine behind an endpoint, and lets out only what bears a VIP, whatever routers bring it.',
    origins: ({ network }) =>
      network.sites.flatMap(({ name }): readonly Origin[] => [
        `${name} access-router`,
        `${name} distribution-router`,
      ]),
    *breaches(proof, reach) {
      const { sets, network, world } = proof
      const inward = proof.once('behind all endpoints', () =>
        sets.union(
          proof
            .endpoints()
            .flatMap((endpoint) => endpoint.backends.map((each) => behind(proof, endpoint, each))),
        ),
      )
      const outward = proof.once('by all VIPs', () =>
        proof.by(network.sites.flatMap((site) => site.public.vips)),
      )
      for (const [at, packets] of reach.sent) {
        const [node, iface] = at.split(' ') as [string, string]
        if (world.node(node).kind !== 'balancer') continue
        const toward = world.node(world.peer(node, iface).node).kind
        yield { at, packets: sets.without(packets, toward === 'distribution-router' ? inward : outward) }
      }
    },
  },
  {
    kind: 'network',
    id: 'access-lists',
    ofAlike: true,
    rows: ['R11', 'R20'],
    claim:
      'What the access list of an endpoint does not let in reaches nothing: from outside, and from VMs of the site by their own addresses.',
    origins: (proof) => ['outside', ...vmsOf(proof)],
    about: (proof, origin) =>
      proof.once(`refused ${origin}`, () =>
        proof.sets.union(
          endpointsFor(proof, origin).flatMap((endpoint) => {
            const { acl } = endpoint
            return acl
              ? [
                  proof.sets.without(
                    proof.sets.mask(proof.sets.all, addressed(proof, endpoint)),
                    admitted(proof, acl),
                  ),
                ]
              : []
          }),
        ),
      ),
    *breaches(proof, reach) {
      for (const [at, packets] of reach.delivered) if (!proof.isOutside(at)) yield { at, packets }
    },
  },
  {
    kind: 'network',
    id: 'endpoint-translation',
    ofAlike: true,
    rows: ['R11'],
    claim:
      'A balancer leads what is addressed to an endpoint to the machines behind that endpoint, on their port.',
    origins: (proof) => ['outside', ...vmsOf(proof)],
    *breaches(proof, reach) {
      const { sets } = proof
      for (const { balancer, ifaces, endpoint } of waysIn(proof)) {
        const come = sets.union(ifaces.map((iface) => reach.arrived.get(`${balancer} ${iface}`) ?? sets.none))
        const meant = sets.mask(addressed(proof, endpoint), come)
        if (meant === sets.none) continue
        const led = proof.entering(balancer, ifaces[0], meant)
        const wrong = sets.without(
          led,
          sets.union(endpoint.backends.map((each) => behind(proof, endpoint, each))),
        )
        if (wrong !== sets.none) yield { at: balancer, packets: wrong, does: 'goes astray' }
      }
    },
  },
]

/** A machine that gets nothing is not missed by any packet: so this is about the plan. */
export const endpointShared: PlanInvariant = {
  kind: 'plan',
  id: 'endpoint-shared',
  ofAlike: true,
  rows: ['R6', 'R11'],
  claim: 'Each balancer shares what comes to an endpoint among all machines behind it.',
  breaches: (proof, limit) =>
    [...waysIn(proof, limit)].flatMap(({ balancer, ifaces: [iface], endpoint }): readonly Remark[] => {
      const { sets } = proof
      const come = sets.allOf([
        sets.all,
        addressed(proof, endpoint),
        admitted(proof, endpoint.acl),
        byUsers(proof, balancer, iface),
      ])
      if (come === sets.none) return []
      const led = proof.entering(balancer, iface, come)
      const missed = endpoint.backends.filter(
        (each) => sets.mask(behind(proof, endpoint, each), led) === sets.none,
      )
      const text = (node: string) =>
        `${balancer} leads nothing that comes by ${iface} for ${endpointName(endpoint)} to ${node}, which is behind it`
      return missed.map(({ node }) => ({ at: balancer, text: text(node) }))
    }),
}

/** From inside only VMs use endpoints. */
function byUsers(proof: Proof, balancer: string, iface: string): DiagramSet {
  const { kind, site } = proof.world.node(proof.world.peer(balancer, iface).node)
  if (kind !== 'distribution-router') return proof.sets.all
  return byVmsOf(proof, site)
}

const vmsOf = ({ network }: Proof): readonly Origin[] => network.sites.map(({ name }): Origin => `${name} vm`)

/** Of VMs those of their own site: to others they come as from outside. */
const endpointsFor = (proof: Proof, origin: Origin): readonly VirtualEndpoint[] =>
  proof.endpoints().filter(({ site }) => origin === 'outside' || origin.startsWith(`${site} `))

/** Packets to an endpoint. */
export const addressed = (
  { sets }: Proof,
  { vip, protocol, port }: Pick<VirtualEndpoint, 'vip' | 'protocol' | 'port'>,
): DiagramSet =>
  sets.match({ protocol, destination: [hostPrefix(vip)], destinationPorts: [{ first: port, last: port }] })

/** Packets to a machine behind an endpoint, on its port. */
export const behind = (
  { sets }: Proof,
  { protocol }: VirtualEndpoint,
  { address, port }: VirtualBackend,
): DiagramSet =>
  sets.match({
    protocol,
    destination: [hostPrefix(address)],
    destinationPorts: [{ first: port, last: port }],
  })

interface WayIn {
  readonly balancer: string
  /** With the same points. */
  readonly ifaces: readonly [string, ...string[]]
  readonly endpoint: VirtualEndpoint
}

/** Endpoints of each balancer, and the interfaces by which something for them may come. */
function* waysIn(proof: Proof, limit?: Limit): Iterable<WayIn> {
  const { network, policy } = proof
  const endpoints = proof.endpoints()
  for (const { name } of network.sites) {
    const here = endpoints.filter(({ site }) => site === name)
    for (const { id } of nodesOfKind(network, name, 'balancer')) {
      if (limit && !limit.nodes.has(id)) continue
      const groups = new Map<string, [string, ...string[]]>()
      for (const { near } of neighboursOf(network, id)) {
        const key = pointsAt(policy, id, near.interface, 'in')
          .map((point) => point.id)
          .join(' ')
        const group = groups.get(key)
        if (group) group.push(near.interface)
        else groups.set(key, [near.interface])
      }
      for (const ifaces of groups.values())
        for (const endpoint of here) yield { balancer: id, ifaces, endpoint }
    }
  }
}
