/** From a set of packets that break an invariant to one sender and one packet, both as a person would choose them. */
import type { Node } from '../../model/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { narrowed, packetOf } from '../packets/index.ts'
import type { Proof } from './proof.ts'

/**
 * @param senders of whom at least one sends something that breaks it
 * @param about what they may send
 * @param breaks whether a sender breaks it with some of these packets
 */
export function findSender(
  proof: Proof,
  senders: readonly Node[],
  about: DiagramSet,
  breaks: (node: string, packets: DiagramSet) => boolean,
): { readonly sender: string; readonly packet: IpHeaders } {
  const sender = senders.find(({ id }) => breaks(id, about))
  if (!sender) throw new TypeError('no single sender breaks what all of them together break')
  const known = [...sender.addresses, ...proof.network.nodes.flatMap(({ addresses }) => addresses)]
  const vips = proof.network.services.flatMap(({ deployments }) => deployments.flatMap((each) => each.vips))
  const packets = narrowed(proof.sets, about, (some) => breaks(sender.id, some), {
    source: known,
    destination: [...known.slice(sender.addresses.length), ...vips],
  })
  return { sender: sender.id, packet: packetOf(proof.sets, packets) }
}
