/** An answer that is lost, with the opening that it answers: played by the evaluator, which remembers what was opened. */
import { type Decision, judge, type Point, type RulePlace } from '../../policy/index.ts'
import { answerTo, WorldState } from '../../trace/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import { candidates } from '../arrival/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { narrowed, packetOf } from '../packets/index.ts'
import type { Answered } from './invariant.ts'
import { vipsOf } from './places.ts'
import type { Proof } from './proof.ts'

/** What opened a connection: where it passed a point, or from who sent it. */
export interface Preceding {
  /** The point; absent: it went its way through the network. */
  readonly at?: string
  /** Absent: whoever gets it to the point. */
  readonly sender?: string
  readonly packet: IpHeaders
  /** The rule by which the connection is known to who is not to have it. */
  readonly rule?: RulePlace
}

interface LostAnswer {
  readonly after: Preceding
  /** As it comes back. */
  readonly packet: IpHeaders
  readonly decision: Decision
}

/**
 * @param point where answers come back
 * @param lost those that are lost there
 * @returns `undefined` if none of the connections that were tried has such an answer
 */
export function lostAnswer(
  { sets, network }: Proof,
  point: Point,
  lost: DiagramSet,
  { point: opening, opened, answersTo }: Answered,
): LostAnswer | undefined {
  const isLost = (some: DiagramSet): boolean => sets.mask(answersTo(some), lost) !== sets.none
  if (!isLost(opened)) return undefined
  const known = network.nodes.flatMap(({ addresses }) => addresses)
  const chosen = packetOf(
    sets,
    narrowed(sets, opened, isLost, { source: known, destination: [...vipsOf(network), ...known] }),
  )
  for (const packet of candidates(chosen, (other) => sets.holds(opened, other))) {
    const state = new WorldState()
    const passed = judge(opening, packet, state.of(opening))
    const left = passed.verdict === 'allow' && (passed.packet ?? packet)
    const answer = left && answerTo(left, true)
    if (!answer || !sets.holds(lost, answer)) continue
    return {
      after: { at: opening.id, packet },
      packet: answer,
      decision: judge(point, answer, state.of(point)),
    }
  }
  return undefined
}
