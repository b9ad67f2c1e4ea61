/** An ICMP error that somebody gets about a connection that is none of his: with what opened the connection, played by the evaluator. */
import { neighboursOf } from '../../model/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import { type KnownReplay, replayKnown, type Sent, type SentOpening } from '../arrival/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { Emission, Reach } from '../network/index.ts'
import { oneError, onePacket, type PacketSets, packetOf } from '../packets/index.ts'
import { fewest, fewestPackets } from './fewest.ts'
import type { Before, Trial } from './invariant.ts'
import type { Proof } from './proof.ts'
import { packetsFrom } from './sender.ts'

/** An error that breaks something, and who sends it. */
export interface KnownError {
  readonly sender: string
  readonly packet: IpHeaders
  /** As the evaluator has it; absent: none of the connections that were tried shows it. */
  readonly played?: KnownReplay
}

/**
 * @param at node that gets the error
 * @param breaks whether a trial shows at the node what it must not
 */
export function errorOfConnection(
  proof: Proof,
  trial: Trial & { readonly before: Before },
  at: string,
  breaks: (trial: Trial, reach: Reach) => boolean,
): KnownError {
  const { sets, world, network } = proof
  const { emissions, before } = trial
  const found = (openings: readonly Emission[], errors: readonly Emission[]): boolean => {
    const some = before.only(openings)
    return breaks(some, some.follow(errors))
  }
  // What is sent from beside it passes the fewest points that have to know the connection.
  const beside = new Set(neighboursOf(network, at).map(({ node }) => node.id))
  const near = emissions.toSorted((a, b) => Number(beside.has(b.node)) - Number(beside.has(a.node)))
  const [from] = fewest(near, (some) => found(before.openings, some)) as [Emission]
  const openings = fewest(before.openings, (some) => found(some, [from]))
  const sent: SentOpening[] = []
  for (const [index, { node, packets }] of openings.entries()) {
    const others = [...sent.map((each) => emissionOf(sets, each)), ...openings.slice(index + 1)]
    const chosen = fewestPackets(proof, { node, packets }, (some) =>
      found([...others, { node, packets: some }], [from]),
    )
    const among = (other: IpHeaders): boolean => sets.holds(packets, other)
    sent.push(...chosen.map((packet) => ({ sender: node, packet, among })))
  }
  const opened = sent.map((each) => emissionOf(sets, each))
  const { node } = from
  const wrong = packetsFrom(proof, from, (packets) => found(opened, [{ node, packets }]))
  const error = { sender: node, packet: packetOf(sets, wrong) }
  const played = replayKnown(world, sent, error, ({ end, packet }) => {
    if (end.kind !== 'delivered' || end.node !== at || !packet.quoted) return false
    return breaks(trial, reaching(at, oneError(sets, packet)))
  })
  return { sender: node, packet: played?.packet ?? error.packet, ...(played && { played }) }
}

/** Packets that reached one node, whatever else there is. */
const reaching = (node: string, packets: DiagramSet): Reach => ({
  arrived: new Map(),
  delivered: new Map([[node, packets]]),
  sent: new Map(),
  stopped: new Map(),
  unrouted: new Map(),
  strayed: new Map(),
  forwarded: new Map(),
})

const emissionOf = (sets: PacketSets, { sender, packet }: Sent): Emission => ({
  node: sender,
  packets: onePacket(sets, packet),
})
