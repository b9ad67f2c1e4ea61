/** What comes back, for sets of packets, against conversations of single ones. */
import { describe, expect, it } from 'vitest'
import { loadNetwork, localAddresses, type Network } from '../../model/index.ts'
import { formatIp, ipEquals } from '../../net/index.ts'
import { derivePolicy } from '../../policy/index.ts'
import {
  acceptanceMatrix,
  type Conversation,
  converse,
  createWorld,
  openingPacket,
} from '../../trace/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { onePacket, PacketSets } from '../packets/index.ts'
import { NetworkReach, type Reach, terrainOf } from './index.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const world = createWorld(network, derivePolicy(network))
const sets = new PacketSets()
const reach = new NetworkReach(sets, terrainOf(sets, world))

const answering = (node: string, { delivered }: Reach): DiagramSet => delivered.get(node) ?? sets.none

/** Of a conversation, the answers that reached the client; ICMP errors are not answers here. */
const heard = ({ opening, back }: Conversation): readonly IpHeaders[] =>
  back.flatMap(({ end, packet }) =>
    end.kind === 'delivered' && end.node === opening.from && !packet.quoted ? [packet] : [],
  )

const isTranslated = ({ forth }: Conversation): boolean =>
  forth.some(({ hops }) =>
    hops.some(({ judgements }) => judgements.some(({ decision }) => 'packet' in decision && decision.packet)),
  )

describe('answers to an opening', () => {
  it('reach its sender where they do in a conversation, and nowhere else', () => {
    const counts = { heard: 0, translated: 0, silent: 0 }
    const openings = acceptanceMatrix(network)
      .map(({ opening }) => opening)
      .filter(({ from, destination }) =>
        localAddresses(world.node(from)).every((own) => !ipEquals(own, destination)),
      )
    for (const [index, opening] of openings.entries()) {
      const conversation = converse(world, opening)
      if (conversation.outcome === 'silent' && index % 32 > 0) continue
      const sent = [{ node: opening.from, packets: onePacket(sets, openingPacket(opening)) }]
      const back = reach.answers(sent, answering)
      const returned = answering(opening.from, back)
      const expected = heard(conversation)
      const text = `${opening.from} ${opening.protocol} ${formatIp(opening.source)} to ${formatIp(opening.destination)} ${opening.destinationPort}: ${JSON.stringify(conversation.stops.map(({ end, way }) => [way, end.kind, end.node]))}`
      for (const packet of expected) expect(sets.holds(returned, packet), text).toBe(true)
      if (isTranslated(conversation)) {
        counts.translated++
        continue
      }
      // Whoever is sent a datagram where nobody listens answers by an error.
      const listens = opening.protocol !== 'udp' || conversation.outcome !== 'refused'
      if (expected.length > 0) counts.heard++
      else if (listens && conversation.outcome === 'silent') {
        counts.silent++
        expect(returned === sets.none, text).toBe(true)
      }
    }
    expect(counts.heard).toBeGreaterThan(200)
    expect(counts.translated).toBeGreaterThan(50)
    expect(counts.silent).toBeGreaterThan(150)
  })
})
