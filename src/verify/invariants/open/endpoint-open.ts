/** What the file declares public is open, from outside and from VMs of the site, to all that its access list lets in. */
import {
  type Network,
  type Node,
  nodeById,
  nodesOfKind,
  type Site,
  type VirtualEndpoint,
} from '../../../model/index.ts'
import { hostPrefix, Protocol } from '../../../net/index.ts'
import { type Flow, honest } from '../../arrival/index.ts'
import type { DiagramSet } from '../../diagram/index.ts'
import { addressLevels, level, openings } from '../../packets/index.ts'
import { admitted } from '../access-list.ts'
import type { ArrivalInvariant } from '../invariant.ts'
import { sitesIn } from '../limit.ts'
import { byInternet } from '../places.ts'
import type { Proof } from '../proof.ts'
import { writtenAtEdge, writtenIn, writtenOut } from './written.ts'

export const endpointOpen: ArrivalInvariant = {
  kind: 'arrival',
  id: 'endpoint-open',
  ofAlike: true,
  rows: ['R11', 'R12', 'R20'],
  claim:
    'Everything that opens something at a declared endpoint, from outside or from a VM of its site, gets to a machine behind it, as far as its access list and the rules that people wrote let it.',
  *flows(proof, limit) {
    const { sets, network } = proof
    const opened = openings(sets)
    // Of those outside and in the same site.
    for (const site of sitesIn(network, limit)) {
      const endpoints = proof
        .endpoints()
        .filter((each) => each.site === site.name && each.backends.length > 0)
      const outside = sets.allOf([
        opened,
        byInternet(proof),
        writtenAtEdge(proof, site, 'in'),
        sets.union(endpoints.map((each) => heardAt(proof, each))),
      ])
      const internet = nodesOfKind(network, undefined, 'internet')
      yield { emissions: internet.map(({ id }) => ({ node: id, packets: outside })) }
      yield hairpins(proof, site, endpoints)
    }
  },
}

/** Packets to an endpoint from sources that its list lets in, which no machine behind it refuses by a rule of its own. */
const heardAt = (proof: Proof, endpoint: VirtualEndpoint): DiagramSet =>
  proof.sets.allOf([addressed(proof, endpoint), admitted(proof, endpoint.acl), unrefused(proof, endpoint)])

/** What is refused by no machine behind an endpoint; destination and port, which are still those of the VIP, are left aside. */
function unrefused(proof: Proof, { backends, protocol }: VirtualEndpoint): DiagramSet {
  const { sets, network } = proof
  const refused = backends.map(({ node, address, port }) => {
    const target = sets.match({
      protocol,
      destination: [hostPrefix(address)],
      destinationPorts: [{ first: port, last: port }],
    })
    const denied = sets.without(
      sets.mask(target, sets.all),
      writtenIn(proof, nodeById(network, node) as Node),
    )
    return sets.forget(denied, [...addressLevels('destination'), level.destinationPort])
  })
  return sets.without(sets.all, sets.union(refused))
}

const addressed = ({ sets }: Proof, { vip, protocol, port }: VirtualEndpoint): DiagramSet =>
  sets.match({ protocol, destination: [hostPrefix(vip)], destinationPorts: [{ first: port, last: port }] })

/**
 * VMs that use a VIP of their own site. The list is asked by their own addresses; the machine behind hears the balancer's, of all of
 * which its own rules must let in as much.
 */
function hairpins(proof: Proof, site: Site, endpoints: readonly VirtualEndpoint[]): Flow {
  const { sets, network } = proof
  const egress = egressOf(network, site)
  const lent = sets.allOf([
    sets.all,
    proof.by(egress),
    sets.field('sourcePort', [[1024, 65_535]]),
    sets.union([sets.match({ protocol: Protocol.tcp }), sets.match({ protocol: Protocol.udp })]),
  ])
  const open = sets.union(
    endpoints.map((each) => {
      const refused = sets.without(lent, unrefused(proof, each))
      const without = sets.forget(refused, [...addressLevels('source'), level.sourcePort])
      return sets.allOf([addressed(proof, each), admitted(proof, each.acl), sets.without(sets.all, without)])
    }),
  )
  const sent = sets.mask(openings(sets), open)
  return {
    emissions: proof.senders(`${site.name} vm`).map((vm) => ({
      node: vm.id,
      packets: sets.allOf([honest(sets, vm), writtenOut(proof, vm), sent]),
    })),
  }
}

const egressOf = (network: Network, site: Site) =>
  nodesOfKind(network, site.name, 'balancer').flatMap(({ publicAddresses }) =>
    publicAddresses.map(hostPrefix),
  )
