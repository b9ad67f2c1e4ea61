/** Whether a counterexample does what is said of it, by the walk and the evaluator: for tests. */
import { judge, pointById } from '../../../policy/index.ts'
import { type World, WorldState, walk } from '../../../trace/index.ts'
import type { IpHeaders } from '../../../wire/index.ts'
import { replayAnswer, replayErrors } from '../../arrival/index.ts'
import type { Counterexample } from '../index.ts'
import { shows } from '../shows.ts'

export function happens(world: World, example: Counterexample): boolean {
  const { sender, packet, at, does, after = [] } = example
  if (sender === undefined) {
    const point = pointById(world.policy, at)
    const state = new WorldState()
    // What is answered was let pass, and the answer is to what left.
    for (const before of after) {
      const opening = pointById(world.policy, before.at ?? '')
      if (!opening || judge(opening, before.packet, state.of(opening)).verdict !== 'allow') return false
    }
    return (
      point !== undefined &&
      judge(point, packet, state.of(point)).verdict === (does === 'is stopped' ? 'deny' : 'allow')
    )
  }
  if (does === 'has its answer lost')
    return replayAnswer(world, sender, packet, () => false, at)?.packet === packet
  if (does === 'has errors about it lost' || does === 'has errors about its answer lost')
    return replayErrors(world, sender, packet, () => false, at)?.packet === packet
  if (does === 'depends on its way')
    return flowsLike(packet).some((one) => {
      const ends = walk(world, new WorldState(), sender, one).map(({ end }) => `${end.kind} ${end.node}`)
      return new Set(ends).size > 1
    })
  const shown = (state: WorldState): boolean => walk(world, state, sender, packet).some(shows(world, example))
  if (after.length === 0) return shown(new WorldState())
  const known = new WorldState()
  for (const before of after) walk(world, known, before.sender ?? sender, before.packet)
  // It is by these connections that it gets there.
  return shown(known) && !shown(new WorldState())
}

/** Other flows to the same end: which machine a balancer chooses follows from the flow. */
const flowsLike = (packet: IpHeaders): readonly IpHeaders[] =>
  Array.from({ length: 32 }, (_, more) => ({ ...packet, sourcePort: packet.sourcePort + more }))
