/** Who opens something honestly, with addresses of its own. */
import type { Node } from '../../model/index.ts'
import { hostPrefix, type Prefix, Protocol } from '../../net/index.ts'
import { byItself, honest } from '../arrival/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { Emission } from '../network/index.ts'
import { openings } from '../packets/index.ts'
import type { Origin } from './origin.ts'
import { byInternet } from './places.ts'
import type { Proof } from './proof.ts'

/** The outside, and the machines of all sites. Routers and balancers open nothing. */
export const openers = (proof: Proof): readonly Origin[] => [
  'outside',
  ...proof.network.sites.flatMap((site) => proof.machineOrigins(site)),
]

export const honestOf = (proof: Proof, origin: Origin): readonly Emission[] =>
  sentBy(proof, origin, (node) => honest(proof.sets, node))

/**
 * What opens something, as clients do, by the ports they send from: those below 1,024 are servers' (RFC 6335 section 6), and what a machine sends by
 * UDP from a port at which an endpoint is served a balancer takes for its answer.
 */
export const clientsOf = (proof: Proof, origin: Origin): readonly Emission[] =>
  opening(proof, honestOf(proof, origin))

/**
 * As {@link clientsOf}, with what machines send to themselves. This alone has one address at both ends: nothing that is remembered of it is about
 * anything else. What all machines send is much alike then, and sooner followed.
 */
export const clientsAndSelves = (proof: Proof, origin: Origin): readonly Emission[] =>
  opening(
    proof,
    sentBy(proof, origin, (node) => byItself(proof.sets, node)),
  )

const sentBy = (proof: Proof, origin: Origin, packets: (node: Node) => DiagramSet): readonly Emission[] =>
  proof.senders(origin).map((node) => ({
    node: node.id,
    packets: node.kind === 'internet' ? byInternet(proof) : packets(node),
  }))

function opening(proof: Proof, emissions: readonly Emission[]): readonly Emission[] {
  const { sets } = proof
  const opened = proof.once('clients open', () => {
    const served = sets.mask(fromServed(proof), sets.match({ protocol: Protocol.udp }))
    return sets.without(sets.mask(openings(sets), asClient(proof)), served)
  })
  return emissions.map(({ node, packets }) => ({ node, packets: sets.mask(opened, packets) }))
}

/** Packets from ports that clients have. */
export const asClient = (proof: Proof): DiagramSet =>
  proof.once('as client', () => {
    const { sets } = proof
    const ofServers = sets.field('sourcePort', [[0, 1023]])
    const withPorts = [Protocol.tcp, Protocol.udp].map((protocol) => sets.match({ protocol }))
    return sets.without(sets.all, sets.mask(ofServers, sets.union(withPorts)))
  })

/** Packets from ports at which endpoints are served. */
export const fromServed = (proof: Proof): DiagramSet =>
  proof.once('from served ports', () => {
    const machines = new Map<string, { protocol: number; port: number; source: Prefix[] }>()
    for (const { protocol, backends } of proof.endpoints())
      for (const { address, port } of backends) {
        const key = `${protocol} ${port}`
        const known = machines.get(key) ?? { protocol, port, source: [] }
        machines.set(key, known)
        known.source.push(hostPrefix(address))
      }
    return proof.sets.union(
      Array.from(machines.values(), ({ protocol, port, source }) =>
        proof.sets.match({ protocol, source, sourcePorts: [{ first: port, last: port }] }),
      ),
    )
  })
