/** Whether a counterexample does what is said of it, by the walk and the evaluator: for tests. */
import { judge, pointById } from '../../../policy/index.ts'
import { type Path, type World, WorldState, walk } from '../../../trace/index.ts'
import type { IpHeaders } from '../../../wire/index.ts'
import { replayAnswer } from '../../arrival/index.ts'
import type { Counterexample } from '../index.ts'

export function happens(world: World, { sender, packet, at, does, after }: Counterexample): boolean {
  if (sender === undefined) {
    const point = pointById(world.policy, at)
    const before = after && pointById(world.policy, after.at)
    const state = new WorldState()
    // What is answered was let pass, and the answer is to what left.
    if (after && !(before && judge(before, after.packet, state.of(before)).verdict === 'allow')) return false
    return (
      point !== undefined &&
      judge(point, packet, state.of(point)).verdict === (does === 'is stopped' ? 'deny' : 'allow')
    )
  }
  if (does === 'has its answer lost')
    return replayAnswer(world, sender, packet, () => false, at)?.packet === packet
  const paths = walk(world, new WorldState(), sender, packet)
  const [node, iface] = at.split(' ') as [string, string | undefined]
  // The walk follows one of several ways that meet again: a node of the same kind does as well.
  const ends = (from: string, by: string): string =>
    `${world.node(from).kind} ${world.node(world.peer(from, by).node).kind}`
  switch (does) {
    case 'is stopped':
      return paths.some(({ end }) => end.kind === 'denied' && end.point.id === at)
    case 'is lost':
      return paths.some(
        ({ end }) => end.node === at && (end.kind === 'no-route' || end.kind === 'not-for-node'),
      )
    case 'goes astray':
      return paths.some(({ hops }) => hops.some((hop) => hop.node === at))
    case 'goes round':
      // The walk ends where it has been: a packet that goes round has no other end, or a longer way than there are nodes.
      return paths.length === 0 || paths.some(visitsTwice)
    case 'depends on its way':
      return flowsLike(packet).some((one) => {
        const ends = walk(world, new WorldState(), sender, one).map(({ end }) => `${end.kind} ${end.node}`)
        return new Set(ends).size > 1
      })
    case undefined:
      if (iface === undefined) return paths.some(({ end }) => end.kind === 'delivered' && end.node === node)
      return paths.some(({ hops }) =>
        hops.some(
          (hop) => hop.departure !== undefined && ends(hop.node, hop.departure) === ends(node, iface),
        ),
      )
  }
}

/** Other flows to the same end: which machine a balancer chooses follows from the flow. */
const flowsLike = (packet: IpHeaders): readonly IpHeaders[] =>
  Array.from({ length: 32 }, (_, more) => ({ ...packet, sourcePort: packet.sourcePort + more }))

const visitsTwice = ({ hops }: Path): boolean => new Set(hops.map(({ node }) => node)).size < hops.length
