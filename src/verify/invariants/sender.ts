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
 */
export function findSender(
  proof: Proof,
  emissions: readonly Emission[],
  breaks: (node: string, packets: DiagramSet) => boolean,
): { readonly sender: string; readonly packet: IpHeaders } {
  const emission = emissions.find(({ node, packets }) => breaks(node, packets))
  if (!emission) throw new TypeError('no single sender breaks what all of them together break')
  const sender = proof.world.node(emission.node)
  const known = [...sender.addresses, ...proof.network.nodes.flatMap(({ addresses }) => addresses)]
  const packets = narrowed(proof.sets, emission.packets, (some) => breaks(sender.id, some), {
    source: known,
    destination: [...known.slice(sender.addresses.length), ...vipsOf(proof.network)],
  })
  return { sender: sender.id, packet: packetOf(proof.sets, packets) }
}
