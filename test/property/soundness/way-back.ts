/**
 * What comes back of an opening, against the conversation that the evaluator plays: answers arrive where they are said to, are stopped by the rule
 * that is named, and nothing comes to the client that is not an answer to it.
 */
import { icmpOf, Protocol } from '../../../src/net/index.ts'
import { converse, type Opening, type World } from '../../../src/trace/index.ts'
import type { DiagramSet } from '../../../src/verify/diagram/index.ts'
import { swapEnds } from '../../../src/verify/network/ends.ts'
import type { NetworkReach, Reach } from '../../../src/verify/network/index.ts'
import { kindLevels, type PacketSets } from '../../../src/verify/packets/index.ts'
import { onePacket } from '../../../src/verify/packets/one-packet.ts'
import { type IpHeaders, icmpEcho } from '../../../src/wire/index.ts'
import { numberOf } from '../../support/numbered.ts'
import type { Difference } from './reach.ts'

/** The packet as the first of a conversation, if it can be one. */
export function openingOf(from: string, packet: IpHeaders): Opening | undefined {
  const { protocol: number, family, tcpFlags, icmpType, icmpCode } = packet
  const echo = number === icmpOf(family) && icmpType === icmpEcho[family].request && icmpCode === 0
  const protocol =
    number === Protocol.tcp && tcpFlags === syn
      ? 'tcp'
      : number === Protocol.udp
        ? 'udp'
        : echo
          ? 'icmp'
          : undefined
  return protocol && { ...packet, from, protocol }
}

const syn = 0x02

interface Ask {
  readonly sets: PacketSets
  readonly world: World
  readonly reach: NetworkReach
}

const answering = (node: string, { delivered }: Reach): DiagramSet | undefined => delivered.get(node)

export interface Answered {
  readonly difference?: Difference
  /** Answers that were followed; ICMP errors are none. */
  readonly answers: number
}

/** The first difference about what comes back of an opening. */
export function differenceBack(opening: Opening, packet: IpHeaders, { sets, world, reach }: Ask): Answered {
  const { from } = opening
  const back = reach.answers(
    [{ node: from, packets: onePacket(sets, packet) }],
    (node, forth) => answering(node, forth) ?? sets.none,
  )
  const answers = converse(world, opening).back.filter((path) => !path.packet.quoted)
  for (const { end, packet: one } of answers) {
    const differs = (where: string): Answered => ({
      difference: { where, packet: one, only: 'evaluator' },
      answers: answers.length,
    })
    if (end.kind === 'delivered' && !sets.holds(answering(end.node, back) ?? sets.none, one))
      return differs(`answer delivered ${end.node}`)
    if (end.kind === 'denied') {
      const said = sets.valueFor(back.stopped.get(end.point) ?? sets.none, one)
      if (said !== numberOf(end.point, { ...end, verdict: 'deny' }))
        return differs(`answer stopped ${end.point.id}`)
    }
  }
  const mirrored = sets.forget(swapEnds(sets, onePacket(sets, packet)), kindLevels)
  // A balancer that addresses a machine behind it hears the VIP.
  const returned = isRouter(world, from) ? sets.none : (answering(from, back) ?? sets.none)
  const others = sets.without(returned, mirrored)
  return {
    answers: answers.length,
    ...(others !== sets.none && {
      difference: { where: `answer delivered ${from}`, packet: others, only: 'prover' },
    }),
  }
}

const isRouter = (world: World, node: string): boolean =>
  ['access-router', 'balancer', 'distribution-router'].includes(world.node(node).kind)
