/** What the prover says that a point does with packets, against the evaluator: one packet at a time. */
import { EgressTable, FlowTable, judge, type Point } from '../../../src/policy/index.ts'
import type { PacketSets } from '../../../src/verify/packets/index.ts'
import type { PointDecisions } from '../../../src/verify/points/index.ts'
import type { IpHeaders } from '../../../src/wire/index.ts'
import { numberOf } from '../../support/numbered.ts'
import { packetIn } from '../../support/packet-in.ts'
import type { Random } from '../../support/random.ts'
import { type Borders, borderPacket, nearPacket } from './borders.ts'

export interface Differs {
  readonly packet: IpHeaders
  /** Of the rule that decides, plus one. */
  readonly prover: number
  readonly evaluator: number
}

interface Ask {
  readonly sets: PacketSets
  readonly decisions: PointDecisions
  readonly borders: Borders
  readonly random: Random
  /** Packets. */
  readonly count: number
}

/**
 * The first packet of some about which the two differ.
 * @param seen the point as the prover sees it: another one, to see whether that is noticed by what passes
 */
export function differenceAt(
  point: Point,
  { sets, decisions, borders, random, count }: Ask,
  seen = point,
): Differs | undefined {
  const diagram = decisions.of(seen)
  const allowed = decisions.allowed(seen)
  const verdicts = decisions.verdictsOf(seen)
  const isDrawn = sets.mask(sets.all, diagram) !== sets.none
  for (let number = 0; number < count; number++) {
    const inner =
      number % 2 > 0 && isDrawn ? packetIn(sets, diagram, random, { ends: random(3) > 0 }) : undefined
    const drawn = inner ?? borderPacket(borders, random)
    const packet = random(3) === 0 ? nearPacket(drawn, borders, random) : drawn
    const decision = judge(point, packet, { flows: new FlowTable(), egress: new EgressTable(), now: 0n })
    const prover = sets.valueFor(diagram, packet)
    const evaluator = numberOf(point, decision)
    const passes = decision.verdict !== 'deny'
    const isSame =
      seen === point ? prover === evaluator : passes === (prover === 0 || verdicts[prover - 1] === true)
    if (!isSame || sets.holds(allowed, packet) !== (prover === 0 || verdicts[prover - 1] === true))
      return { packet, prover, evaluator }
  }
  return undefined
}
