/** One packet of those that are asked about, as a person would choose it, played by the evaluator. */
import { localAddresses, nodeById } from '../../model/index.ts'
import { icmpOf, ipEquals, Protocol } from '../../net/index.ts'
import { converse, createWorld, type Path, type World, WorldState, walk } from '../../trace/index.ts'
import { type IpHeaders, icmpEcho } from '../../wire/index.ts'
import type { Flow } from '../arrival/index.ts'
import type { Proof } from '../invariants/index.ts'
import type { Emission } from '../network/index.ts'
import { typicalPacket } from '../packets/index.ts'
import { answeredOf, arrivingOf } from './fate.ts'
import { waysOf } from './ways.ts'

export interface Example {
  readonly sender: string
  readonly packet: IpHeaders
  /** A way on which it arrives. */
  readonly path: Path
  /** Whether an answer comes back; absent: nothing answers such a packet. */
  readonly answered?: boolean
}

/** Source ports that are tried: with as many, each of a few machines is chosen by one of them. */
const tries = 64

/** A packet that arrives. @param arrives what of a flow does; `undefined`: the evaluator confirms none that was tried */
export function exampleOf(proof: Proof, flow: Flow, arrives: readonly Emission[]): Example | undefined {
  for (const { node, packets } of arrives) {
    const first = typicalOf(proof, node, packets)
    for (let more = 0; more < tries; more++) {
      const packet = { ...first, sourcePort: (first.sourcePort + more) & 0xffff }
      if (more > 0 && !proof.sets.holds(packets, packet)) continue
      const found = played(proof.world, flow, node, packet)
      if (found) return found
    }
    return undefined
  }
  return undefined
}

/** A packet between machines that there are, of the sender if it has one. */
export function typicalOf(proof: Proof, sender: string, packets: Emission['packets']): IpHeaders {
  const { nodes } = proof.network
  // Others may send them too.
  const source = [
    ...(nodeById(proof.network, sender)?.addresses ?? []),
    ...nodes.flatMap(({ addresses }) => addresses),
  ]
  const destination = nodes
    .filter(({ id }) => id !== sender)
    .flatMap((node) => [...node.addresses, ...localAddresses(node)])
  return typicalPacket(proof.sets, packets, { source, destination })
}

function played(world: World, flow: Flow, sender: string, packet: IpHeaders): Example | undefined {
  const path = walk(world, new WorldState(), sender, packet).find((each) => hasArrived(each, flow))
  if (!path) return undefined
  const protocol = conversational(packet)
  if (!protocol) return { sender, packet, path }
  const { outcome, stops } = converse(world, { ...packet, from: sender, protocol })
  // What has left for somebody who is not modelled is answered by nobody here.
  if (path.end.kind !== 'delivered') return { sender, packet, path }
  // The Internet has more addresses than the machine that plays it.
  const answered = outcome !== 'silent' || !stops.some(({ way, end }) => way === 'back' && !hasLeft(end))
  return { sender, packet, path, answered }
}

/** Whether a path ends where a flow is to get to. */
export function hasArrived({ end, hops }: Path, { at, leaves }: Flow): boolean {
  if (end.kind === 'delivered')
    return (at?.has(end.node) ?? true) || (leaves === true && end.node === 'internet')
  return leaves === true && hasLeft(end) && hops.length > 1
}

const hasLeft = (end: Path['end']): boolean =>
  end.kind === 'no-route' && end.node === 'internet' && !end.route

function conversational({ protocol, family, icmpType }: IpHeaders): 'tcp' | 'udp' | 'icmp' | undefined {
  if (protocol === Protocol.tcp) return 'tcp'
  if (protocol === Protocol.udp) return 'udp'
  return protocol === icmpOf(family) && icmpType === icmpEcho[family].request ? 'icmp' : undefined
}

/** A packet that arrives, and is answered, once changes are made. */
export function openedExample(edited: Proof, classes: Parameters<typeof waysOf>[1]): Example | undefined {
  for (const { flows } of waysOf(edited, classes))
    for (const flow of flows) {
      const arrives = arrivingOf(edited, flow)
      if (arrives.length === 0 || !answeredOf(edited, arrives).home) continue
      const found = exampleOf(edited, flow, arrives)
      if (found && found.answered !== false) return found
    }
  return undefined
}

/** Whether packets that arrived do not any more. */
export function isClosed(
  edited: { readonly network: Proof['network']; readonly policy: Proof['policy'] },
  examples: readonly { readonly example: Example; readonly flow: Flow }[],
): boolean {
  const world = createWorld(edited.network, edited.policy)
  return examples.every(({ example: { sender, packet }, flow }) =>
    walk(world, new WorldState(), sender, packet).every((path) => !hasArrived(path, flow)),
  )
}

/** What a packet was on its way, each time that it was rewritten. */
export const rewritten = ({ packet, path }: Example): readonly IpHeaders[] => {
  const states = [packet, ...path.hops.map((hop) => hop.packet), path.packet]
  return states.filter((each, index) => {
    const before = states[index - 1]
    return (
      before !== undefined &&
      !(
        ipEquals(each.source, before.source) &&
        ipEquals(each.destination, before.destination) &&
        each.sourcePort === before.sourcePort &&
        each.destinationPort === before.destinationPort
      )
    )
  })
}
