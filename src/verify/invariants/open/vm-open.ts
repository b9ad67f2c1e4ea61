/** What VMs are to reach is open to them, as far as the rules that people wrote let it. */
import {
  hostServices,
  type Node,
  nodesOfKind,
  type Role,
  type Site,
  vmsOfHost,
  vmsOfRole,
} from '../../../model/index.ts'
import { hostPrefix, Protocol } from '../../../net/index.ts'
import { icmpEcho } from '../../../wire/index.ts'
import type { Flow } from '../../arrival/index.ts'
import type { DiagramSet } from '../../diagram/index.ts'
import { addressLevels, icmpOfTypes, level, openings } from '../../packets/index.ts'
import type { ArrivalInvariant } from '../invariant.ts'
import { sitesIn } from '../limit.ts'
import { portsOf, saidByMachines } from '../machines.ts'
import { prefixesOf } from '../origin.ts'
import { toInternet } from '../places.ts'
import type { Proof } from '../proof.ts'
import { flowOf, type Opening, sentBy } from './opening.ts'
import { writtenAtEdge, writtenIn } from './written.ts'

export const vmOpenInvariants: readonly ArrivalInvariant[] = [
  {
    kind: 'arrival',
    id: 'internet-open',
    ofAlike: true,
    rows: ['R19'],
    claim:
      'TCP, UDP and pings that a VM opens toward the Internet leave the site, as far as the rules that people wrote let them.',
    *flows(proof) {
      for (const site of proof.network.sites)
        yield { ...fromVms(proof, site, outward(proof, site)), site: site.name, leaves: true }
    },
  },
  {
    kind: 'arrival',
    id: 'host-services-open',
    ofAlike: true,
    rows: ['R19', 'R22'],
    claim:
      'A VM reaches the wire server and the metadata server of its own host, as far as the rules that people wrote let it.',
    *flows(proof, limit) {
      const { sets, network } = proof
      const services = hostServices.map(({ addresses, ports }) =>
        sets.match({
          destination: addresses.map(hostPrefix),
          protocol: Protocol.tcp,
          destinationPorts: ports.map((port) => ({ first: port, last: port })),
        }),
      )
      for (const site of sitesIn(network, limit))
        for (const host of proof.senders(`${site.name} other-machine`)) {
          if (host.kind !== 'host') continue
          const vms = proof.watched(vmsOfHost(network, host.id))
          const open = sets.mask(sets.union(services), writtenIn(proof, host))
          if (vms.length > 0) yield { ...fromVms(proof, site, open, vms), at: new Set([host.id]) }
        }
    },
  },
  {
    kind: 'arrival',
    id: 'role-open',
    ofAlike: true,
    rows: ['R20'],
    claim:
      'An internal endpoint is open to the roles that may use it, as far as the rules that people wrote let it.',
    *flows(proof, limit) {
      // Roles are open to machines of their site.
      for (const site of sitesIn(proof.network, limit)) yield flowOf(proof, roleOpenings(proof, site))
    },
  },
]

/** Internal endpoints of the roles of a site. */
export function* roleOpenings(proof: Proof, { name: site }: Site): Iterable<Opening> {
  const { network } = proof
  const watched = new Set(proof.senders(`${site} vm`).map(({ vm }) => vm?.service))
  for (const service of network.services) {
    if (!watched.has(service.name) || !service.deployments.some((deployment) => deployment.site === site))
      continue
    for (const role of service.roles)
      for (const endpoint of role.endpoints) {
        if (endpoint.exposure !== 'internal') continue
        const vmsOf = (name: string) => proof.watched(vmsOfRole(network, site, service.name, name))
        const senders = (endpoint.only?.from ?? service.roles.map(({ name }) => name)).flatMap(vmsOf)
        const machines = vmsOf(role.name)
        if (senders.length === 0 || machines.length === 0) continue
        const packets = proof.sets.mask(vmsOpen(proof), opening(proof, machines, endpoint))
        yield { name: `${service.name}/${role.name}/${endpoint.name}`, site, senders, machines, packets }
      }
  }
}

const vmsOpen = (proof: Proof): DiagramSet =>
  proof.once('vms open', () => proof.sets.mask(openings(proof.sets), saidByMachines(proof)))

/** What some VMs of a site open honestly, of some packets. */
function fromVms(
  proof: Proof,
  { name }: Site,
  some: DiagramSet,
  vms: readonly Node[] = proof.senders(`${name} vm`),
): Flow {
  const opened = proof.sets.mask(vmsOpen(proof), some)
  return {
    emissions: vms.map((vm) => ({ node: vm.id, packets: sentBy(proof, vm, opened) })),
  }
}

function opening(proof: Proof, targets: readonly Node[], endpoint: Role['endpoints'][number]): DiagramSet {
  const { sets } = proof
  const ports = sets.union(portsOf(endpoint).map((match) => sets.match(match)))
  return sets.union(
    targets.map((target) => sets.allOf([proof.to(prefixesOf([target])), ports, writtenIn(proof, target)])),
  )
}

/** What balancers lend a port to, and the lists at the edge have nothing against, whichever port and address it gets. */
function outward(proof: Proof, site: Site): DiagramSet {
  const { sets, network } = proof
  const lendable = sets.union([
    sets.match({ protocol: Protocol.tcp }),
    sets.match({ protocol: Protocol.udp }),
    icmpOfTypes(sets, (family) => [icmpEcho[family].request]),
  ])
  const balancers = nodesOfKind(network, site.name, 'balancer')
  const egress = proof.by(balancers.flatMap(({ publicAddresses }) => publicAddresses.map(hostPrefix)))
  const lent = sets.allOf([sets.all, egress, sets.field('sourcePort', [[1024, 65_535]])])
  const refused = sets.without(lent, writtenAtEdge(proof, site, 'out'))
  return sets.allOf([
    toInternet(proof),
    lendable,
    sets.without(sets.all, sets.forget(refused, [...addressLevels('source'), level.sourcePort])),
  ])
}
