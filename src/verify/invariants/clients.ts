/** Who opens something honestly, with addresses of its own. */
import { Protocol } from '../../net/index.ts'
import { honest } from '../arrival/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { Emission } from '../network/index.ts'
import { openings } from '../packets/index.ts'
import { byInternet } from './places.ts'
import type { Origin, Proof } from './proof.ts'

/** The outside, and the machines of all sites. Routers and balancers open nothing. */
export const openers = (proof: Proof): readonly Origin[] => [
  'outside',
  ...proof.network.sites.flatMap((site) => proof.machineOrigins(site)),
]

export const honestOf = (proof: Proof, origin: Origin): readonly Emission[] =>
  proof.senders(origin).map((node) => ({
    node: node.id,
    packets: node.kind === 'internet' ? byInternet(proof) : honest(proof.sets, node),
  }))

/** What opens something, as clients do, by the ports they send from: those below 1,024 are servers' (RFC 6335 section 6). */
export function clientsOf(proof: Proof, origin: Origin): readonly Emission[] {
  const { sets } = proof
  const opened = proof.once('clients open', () => sets.mask(openings(sets), asClient(proof)))
  return honestOf(proof, origin).map(({ node, packets }) => ({ node, packets: sets.mask(opened, packets) }))
}

/** Packets from ports that clients have. */
export const asClient = (proof: Proof): DiagramSet =>
  proof.once('as client', () => {
    const { sets } = proof
    const ofServers = sets.field('sourcePort', [[0, 1023]])
    const withPorts = [Protocol.tcp, Protocol.udp].map((protocol) => sets.match({ protocol }))
    return sets.without(sets.all, sets.mask(ofServers, sets.union(withPorts)))
  })
