/** From a set of packets that break an invariant to one sender and one packet, both as a person would choose them. */
import type { IpHeaders } from '../../wire/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { Emission } from '../network/index.ts'
import { narrowed, packetOf } from '../packets/index.ts'
import { vipsOf } from './places.ts'
import type { Proof } from './proof.ts'

/**
 * @param emissions of which at least one has something that breaks it
 * @param breaks whether a sender breaks it with some of these packets
 * @returns `undefined`: none does alone
 */
export function findSender(
  proof: Proof,
  emissions: readonly Emission[],
  breaks: (node: string, packets: DiagramSet) => boolean,
): { readonly sender: string; readonly packet: IpHeaders } | undefined {
  const emission = emissions.find(({ node, packets }) => breaks(node, packets))
  if (!emission) return undefined
  const packets = packetsFrom(proof, emission, (some) => breaks(emission.node, some))
  return { sender: emission.node, packet: packetOf(proof.sets, packets) }
}

/**
 * Of packets that a node sends, one that breaks something, where one alone does; else some that do so together.
 * @param breaks whether some of them break it; all of them do
 */
export function packetsFrom(
  { sets, world, network }: Proof,
  { node, packets }: Emission,
  breaks: (packets: DiagramSet) => boolean,
): DiagramSet {
  const { addresses } = world.node(node)
  const known = network.nodes.flatMap((each) => each.addresses)
  return narrowed(sets, packets, breaks, {
    source: [...addresses, ...known],
    destination: [...known, ...vipsOf(network)],
  })
}
