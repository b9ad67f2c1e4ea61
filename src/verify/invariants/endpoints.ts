/** What balancers do with the endpoints that the file declares. */
import {
  endpointName,
  neighboursOf,
  nodesOfKind,
  type VirtualBackend,
  type VirtualEndpoint,
} from '../../model/index.ts'
import { hostPrefix } from '../../net/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { admitted } from './access-list.ts'
import type { NetworkInvariant, PlanInvariant, Remark } from './invariant.ts'
import { type Origin, type Proof, prefixesOf } from './proof.ts'

export const endpointInvariants: readonly NetworkInvariant[] = [
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
      for (const { balancer, iface, endpoint } of waysIn(proof)) {
        const come = reach.arrived.get(`${balancer} ${iface}`) ?? sets.none
        const meant = sets.mask(addressed(proof, endpoint), come)
        if (meant === sets.none) continue
        const led = proof.entering(balancer, iface, meant)
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
  breaches: (proof) =>
    [...waysIn(proof)].flatMap(({ balancer, iface, endpoint }): readonly Remark[] => {
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
  return proof.once(`by VMs of ${site}`, () => proof.by(prefixesOf(nodesOfKind(proof.network, site, 'vm'))))
}

const vmsOf = ({ network }: Proof): readonly Origin[] => network.sites.map(({ name }): Origin => `${name} vm`)

/** Of VMs those of their own site: to others they come as from outside. */
const endpointsFor = (proof: Proof, origin: Origin): readonly VirtualEndpoint[] =>
  proof.endpoints().filter(({ site }) => origin === 'outside' || origin.startsWith(`${site} `))

const addressed = ({ sets }: Proof, { vip, protocol, port }: VirtualEndpoint): DiagramSet =>
  sets.match({ protocol, destination: [hostPrefix(vip)], destinationPorts: [{ first: port, last: port }] })

const behind = (
  { sets }: Proof,
  { protocol }: VirtualEndpoint,
  { address, port }: VirtualBackend,
): DiagramSet =>
  sets.match({
    protocol,
    destination: [hostPrefix(address)],
    destinationPorts: [{ first: port, last: port }],
  })

/** Endpoints of each balancer at each interface by which something for them may come. */
function* waysIn(proof: Proof): Iterable<{ balancer: string; iface: string; endpoint: VirtualEndpoint }> {
  const { network } = proof
  const endpoints = proof.endpoints()
  for (const { name } of network.sites)
    for (const { id } of nodesOfKind(network, name, 'balancer'))
      for (const { near } of neighboursOf(network, id))
        for (const endpoint of endpoints)
          if (endpoint.site === name) yield { balancer: id, iface: near.interface, endpoint }
}
