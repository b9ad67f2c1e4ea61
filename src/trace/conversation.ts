/**
 * What a client that opens a connection, sends a datagram or pings will see, and which rule decides: the packet is walked
 * to its end, what the end answers is walked back, through the flow tables and translations that the first one left behind.
 */
import { listenerAt, type Node } from '../model/index.ts'
import { type Ip, icmpOf, ipEquals, Protocol } from '../net/index.ts'
import type { Point, Rule } from '../policy/index.ts'
import { type IpHeaders, icmpEcho, isIcmpError } from '../wire/index.ts'
import { type End, type Judgement, type Path, walk } from './walk.ts'
import { type World, WorldState } from './world.ts'

/**
 * - `answered`: the TCP handshake ends, or the datagram or echo request is answered.
 * - `refused`: the machine is reached but nothing listens: a TCP reset, or ICMP port unreachable.
 * - `silent`: nothing comes back.
 */
export type Outcome = 'answered' | 'refused' | 'silent'

/** A client's first packet. */
export interface Opening {
  readonly from: string
  readonly source: Ip
  readonly destination: Ip
  readonly protocol: 'tcp' | 'udp' | 'icmp'
  readonly sourcePort: number
  /** Ignored for ICMP. */
  readonly destinationPort: number
}

/** Where a packet of a conversation was stopped. */
export interface Stop {
  readonly end: Exclude<End, { kind: 'delivered' }>
  /** Whether the client's packet was stopped, or the answer to it. */
  readonly way: 'forth' | 'back'
}

export interface Conversation {
  readonly opening: Opening
  readonly outcome: Outcome
  /** All equal paths end alike. If not, `outcome` is that of the first. */
  readonly unanimous: boolean
  readonly forth: readonly Path[]
  /** Answers to the forward paths that were delivered, in their order. */
  readonly back: readonly Path[]
  /** What points say on any of the equal ways, of which `forth` and `back` show each place once. */
  readonly judged: readonly Judgement[]
  /** Of a silent conversation: where packets were stopped, once per point and rule. */
  readonly stops: readonly Stop[]
  /** Of others: the last rule that allowed the client's packet on the first path; absent if no point judged it. */
  readonly decider?: { readonly point: Point; readonly rule: Rule }
}

/** Plays an opening. @param state what points remember, and then of this conversation too; by default no flow is known */
export function converse(world: World, opening: Opening, state = new WorldState(world)): Conversation {
  const request = openingPacket(opening)
  const forth = walk(world, state, opening.from, request)
  const back: Path[] = []
  const stops: Stop[] = []
  const outcomes: Outcome[] = []
  for (const path of forth) {
    if (path.end.kind !== 'delivered') {
      stops.push({ end: path.end, way: 'forth' })
      outcomes.push('silent')
      continue
    }
    const answer = answerOf(world.node(path.end.node), path.packet)
    if (!answer) {
      outcomes.push('silent')
      continue
    }
    for (const reply of walk(world, state, path.end.node, answer)) {
      back.push(reply)
      const heard =
        reply.end.kind === 'delivered' && reply.end.node === opening.from && isHeard(request, reply.packet)
      if (reply.end.kind !== 'delivered') stops.push({ end: reply.end, way: 'back' })
      outcomes.push(heard ? (isRefusal(reply.packet) ? 'refused' : 'answered') : 'silent')
    }
  }
  const outcome = outcomes[0] as Outcome
  const decider = lastAllowed(forth[0] as Path)
  return {
    opening,
    outcome,
    unanimous: outcomes.every((other) => other === outcome),
    forth,
    back,
    judged: state.judged,
    stops: unique(stops),
    ...(outcome !== 'silent' && decider ? { decider } : {}),
  }
}

/** Headers of a client's first packet. */
export function openingPacket({
  source,
  destination,
  protocol,
  sourcePort,
  destinationPort,
}: Opening): IpHeaders {
  const { family } = source
  const number = protocol === 'icmp' ? icmpOf(family) : Protocol[protocol]
  return {
    kind: 'ip',
    family,
    source,
    destination,
    protocol: number,
    hopLimit: 64,
    sourcePort,
    destinationPort: protocol === 'icmp' ? 0 : destinationPort,
    tcpFlags: protocol === 'tcp' ? syn : 0,
    icmpType: protocol === 'icmp' ? icmpEcho[family].request : 0,
    icmpCode: 0,
  }
}

const syn = 0x02
const ack = 0x10
const reset = 0x04

/** What a machine answers to the first packet of a conversation. */
function answerOf(node: Node, request: IpHeaders): IpHeaders | undefined {
  const name = request.protocol === Protocol.tcp ? 'tcp' : 'udp'
  return answerTo(
    request,
    listenerAt(node.listeners, name, request.destination, request.destinationPort) !== undefined,
  )
}

/**
 * What is answered to the first packet of a conversation: TCP, a datagram, an echo request.
 * @param open whether something listens on its port
 * @returns `undefined` for ICMP that is no echo request
 */
export function answerTo(request: IpHeaders, open: boolean): IpHeaders | undefined {
  const { family, protocol } = request
  const mirrored: IpHeaders = {
    ...request,
    hopLimit: 64,
    source: request.destination,
    destination: request.source,
    sourcePort: request.destinationPort,
    destinationPort: request.sourcePort,
  }
  if (protocol === Protocol.icmp || protocol === Protocol.icmp6) {
    return request.icmpType === icmpEcho[family].request
      ? { ...mirrored, icmpType: icmpEcho[family].reply }
      : undefined
  }
  if (protocol === Protocol.tcp) {
    const tcpAcknowledgement = (request.tcpSequence ?? 0) + 1
    return { ...mirrored, tcpFlags: open ? syn | ack : reset | ack, tcpSequence: 0, tcpAcknowledgement }
  }
  if (open) return mirrored
  const { source, destination, sourcePort, destinationPort } = request
  return {
    ...mirrored,
    protocol: icmpOf(family),
    sourcePort: 0,
    destinationPort: 0,
    icmpType: family === 4 ? 3 : 1,
    icmpCode: family === 4 ? 3 : 4,
    quoted: { source, destination, protocol, sourcePort, destinationPort },
  }
}

/** Whether a packet that reached the client is, for its socket, about what it sent. */
function isHeard(request: IpHeaders, reply: IpHeaders): boolean {
  const { quoted } = reply
  if (quoted) {
    return (
      ipEquals(quoted.source, request.source) &&
      ipEquals(quoted.destination, request.destination) &&
      quoted.protocol === request.protocol &&
      quoted.sourcePort === request.sourcePort &&
      quoted.destinationPort === request.destinationPort
    )
  }
  return (
    ipEquals(reply.source, request.destination) &&
    ipEquals(reply.destination, request.source) &&
    reply.protocol === request.protocol &&
    reply.sourcePort === request.destinationPort &&
    reply.destinationPort === request.sourcePort
  )
}

const isRefusal = (reply: IpHeaders): boolean =>
  isIcmpError(reply) || (reply.protocol === Protocol.tcp && (reply.tcpFlags & reset) !== 0)

/** Distribution routers let pass what nothing speaks against: one is the answer only if nobody else was asked. */
function lastAllowed(path: Path): { point: Point; rule: Rule } | undefined {
  const judgements = path.hops.flatMap((hop) => hop.judgements)
  const last = judgements.findLast(({ point }) => point.kind !== 'distribution-router') ?? judgements.at(-1)
  return last && last.decision.verdict === 'allow'
    ? { point: last.point, rule: last.decision.rule }
    : undefined
}

function unique(stops: readonly Stop[]): readonly Stop[] {
  const seen = new Map<string, Stop>()
  for (const stop of stops) {
    const place = stop.end.kind === 'denied' ? `${stop.end.point.id} ${stop.end.rule.id}` : stop.end.node
    const key = `${stop.way} ${stop.end.kind} ${place}`
    if (!seen.has(key)) seen.set(key, stop)
  }
  return [...seen.values()]
}
