/**
 * The way back: what machines answer to openings that reach them, through filters that know the flow and balancers that know the connection.
 * Answers are a SYN and ACK or a reset of TCP, a datagram, an echo reply, a packet of the same protocol; ICMP errors are not among them.
 */

import { icmpOf, Protocol } from '../../net/index.ts'
import type { Point } from '../../policy/index.ts'
import { icmpEcho } from '../../wire/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { icmpOfTypes, level, once, openings, type PacketSets } from '../packets/index.ts'
import { swapEnds } from './ends.ts'
import type { Openings } from './openings.ts'
import { type Passage, type Passages, type Passing, translates } from './passage.ts'

/** Packets of flows that were opened, and others beside them. */
export class Answering implements Passing {
  readonly #sets: PacketSets
  readonly #passages: Passages
  readonly #openings: Openings
  readonly #known = new Map<Point, DiagramSet>()

  constructor(sets: PacketSets, passages: Passages, openings: Openings) {
    this.#sets = sets
    this.#passages = passages.knowing(openings)
    this.#openings = openings
  }

  passed(point: Point, packets: DiagramSet): DiagramSet {
    const sets = this.#sets
    if (!point.flow || translates(point)) return this.#passages.passed(point, packets)
    const ofFlow = sets.mask(this.#knownAt(point), packets)
    if (ofFlow === sets.none) return this.#passages.passed(point, packets)
    return sets.union([
      sets.mask(ofFlow, this.#passages.decisions.allowed(point, 'known')),
      this.#passages.passed(point, sets.without(packets, ofFlow)),
    ])
  }

  through(point: Point, packets: DiagramSet): Passage {
    const sets = this.#sets
    if (!point.flow || translates(point)) return this.#passages.through(point, packets)
    const { decisions } = this.#passages
    const ofFlow = sets.mask(this.#knownAt(point), packets)
    if (ofFlow === sets.none) return this.#passages.through(point, packets)
    const others = this.#passages.through(point, sets.without(packets, ofFlow))
    const allowed = decisions.allowed(point, 'known')
    if (sets.without(ofFlow, allowed) === sets.none)
      return { ...others, passed: sets.union([ofFlow, others.passed]) }
    return {
      passed: sets.union([sets.mask(ofFlow, allowed), others.passed]),
      stopped: sets.override(
        sets.mask(sets.without(ofFlow, allowed), decisions.of(point, 'known')),
        others.stopped,
      ),
    }
  }

  #knownAt(point: Point): DiagramSet {
    const known = this.#known.get(point) ?? this.#openings.answersAt(point)
    this.#known.set(point, known)
    return known
  }
}

/** What answers packets that reached a machine, of those that open a flow. */
export function answersTo(sets: PacketSets, reached: DiagramSet): DiagramSet {
  if (reached === sets.none) return reached
  const kinds = answerKinds(sets)
  const back = swapEnds(sets, sets.mask(answered(sets), reached))
  return sets.union(
    kinds.map(({ protocol, as, levels }) => sets.mask(as, sets.forget(sets.mask(protocol, back), levels))),
  )
}

const [syn, ack, reset] = [0x02, 0x10, 0x04]
const flags = (value: number) => ({ mask: 0xff, value })

/** Openings that are answered: of ICMP echo requests alone. */
const answered = once((sets): DiagramSet => {
  const icmp = sets.union(([4, 6] as const).map((family) => sets.match({ family, protocol: icmpOf(family) })))
  const echo = icmpOfTypes(sets, (family) => [icmpEcho[family].request])
  return sets.mask(openings(sets), sets.without(sets.all, sets.without(icmp, echo)))
})

interface AnswerKind {
  readonly protocol: DiagramSet
  readonly as: DiagramSet
  readonly levels: readonly number[]
}

const answerKinds = once((sets): readonly AnswerKind[] => {
  const tcp = sets.match({ protocol: Protocol.tcp })
  const tcpAnswer = (value: number) => sets.match({ protocol: Protocol.tcp, tcpFlags: flags(value) })
  const echoes = ([4, 6] as const).map((family) => ({
    protocol: sets.match({ family, protocol: icmpOf(family) }),
    as: sets.match({ family, protocol: icmpOf(family), icmpType: icmpEcho[family].reply, icmpCode: 0 }),
    levels: [level.icmpType, level.icmpCode],
  }))
  const others = sets.without(sets.all, sets.union([tcp, ...echoes.map(({ protocol }) => protocol)]))
  return [
    {
      protocol: tcp,
      as: sets.union([tcpAnswer(syn | ack), tcpAnswer(reset | ack)]),
      levels: [level.tcpFlags],
    },
    ...echoes,
    { protocol: others, as: others, levels: [] },
  ]
})
