/** What holds of forwarding, whatever filters say: packets get on, and to where they are addressed. */
import {
  endpointsOfServices,
  localAddresses,
  type NetworkChanges,
  type Node,
  nodeById,
} from '../../model/index.ts'
import { hostPrefix } from '../../net/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { declared, declaredBy } from './edge.ts'
import type { Breach, NetworkInvariant } from './invariant.ts'
import type { Proof } from './proof.ts'

export const forwardingInvariants: readonly NetworkInvariant[] = [
  {
    kind: 'network',
    id: 'no-loops',
    ofAlike: true,
    rows: ['R14'],
    claim: 'No packet comes back to a router that has forwarded it.',
    origins: (proof) => (proof.mayLoop ? proof.allOrigins() : []),
    *breaches(proof, reach): Iterable<Breach> {
      for (const [at, packets] of proof.loopsOf(reach)) yield { at, packets, does: 'goes round' }
    },
  },
  {
    kind: 'network',
    id: 'no-black-holes',
    ofAlike: true,
    rows: ['R6', 'R11'],
    claim:
      'What is addressed to a machine of the network, or to a declared endpoint, arrives unless a filter stops it; nothing strays into another machine.',
    // Routers and balancers open no connections, and are not led to each other's inner addresses.
    origins: (proof) => proof.openers(),
    *breaches(proof, reach, origin): Iterable<Breach> {
      const { sets } = proof
      for (const [at, unrouted] of reach.unrouted) {
        // R13: null routes at the edge are for what comes from outside and is addressed to the inside.
        const packets =
          origin === 'outside' ? sets.without(unrouted, proof.to(proof.network.internal)) : unrouted
        if (packets === sets.none) continue
        // What a machine sends to itself never leaves it.
        const own = proof.to(localAddresses(proof.world.node(at)).map(hostPrefix))
        yield { at, packets: sets.without(sets.mask(destinations(proof), packets), own), does: 'is lost' }
      }
      for (const [at, packets] of reach.strayed) yield { at, packets, does: 'is lost' }
    },
  },
  {
    kind: 'network',
    id: 'equal-ways',
    ofAlike: true,
    rows: ['R6'],
    claim:
      'Whichever of several equal ways takes a packet, it gets to the same places, translated alike but for the source that is lent.',
    origins: (proof) => (proof.mayDisagree ? proof.openers() : []),
    suspects: (proof, reaches) => proof.disagreeSome(reaches),
    *breaches(proof, reach): Iterable<Breach> {
      for (const each of proof.disagreementsOf(reach)) yield { ...each, does: 'depends on its way' }
    },
  },
]

/** What is to arrive. Services of hosts are left out: they have the same addresses on every host, and each serves its own VMs. */
const destinations = (proof: Proof): DiagramSet =>
  proof.once('destinations', () => proof.sets.union([toMachines(proof), declared(proof)]))

const toMachines = (proof: Proof): DiagramSet =>
  proof.once('to machines', () => toThese(proof, proof.network.nodes))

const toThese = (proof: Proof, nodes: readonly Node[]): DiagramSet =>
  proof.to(
    nodes.flatMap((node) => (node.kind === 'host' ? node.addresses : localAddresses(node)).map(hostPrefix)),
  )

/**
 * Makes what is for machines, and for endpoints, known of a network in which a few are otherwise: there are many, which need not be listed again.
 * @param changes what is otherwise in it, of both networks
 */
export function keepDestinations(
  base: Proof,
  next: Proof,
  { machines, services }: Pick<NetworkChanges, 'machines' | 'services'>,
): void {
  const { sets } = next
  const changed = new Set(machines.map(({ id }) => id))
  const [was, is] = [base, next].map((proof) => ({
    machines: toThese(
      proof,
      [...changed].flatMap((id) => nodeById(proof.network, id) ?? []),
    ),
    endpoints: declaredBy(proof, endpointsOfServices(proof.network, services)),
  })) as [Destinations, Destinations]
  next.once('to machines', () => sets.union([sets.without(toMachines(base), was.machines), is.machines]))
  next.once('declared', () => sets.union([sets.without(declared(base), was.endpoints), is.endpoints]))
}

interface Destinations {
  readonly machines: DiagramSet
  readonly endpoints: DiagramSet
}
