/** A witness played by the evaluator: what it really meets, and the rule that decides. Balancers choose by the flow, so that other source ports are tried too. */

import { icmpOf, Protocol } from '../../net/index.ts'
import { type Point, type RulePlace, rulesOf } from '../../policy/index.ts'
import {
  answerTo,
  converse,
  type Opening,
  type Path,
  type World,
  WorldState,
  walk,
} from '../../trace/index.ts'
import { type IpHeaders, icmpEcho } from '../../wire/index.ts'
import { toldBy } from './told.ts'

export interface Replay {
  readonly packet: IpHeaders
  readonly path: Path
  /** The rule that denied it, or the last one that let it pass. */
  readonly rule?: RulePlace
}

/** Source ports that are tried: with as many, each of a few backends is chosen by one of them. */
const tries = 64

/**
 * @param among whether a packet is one of those in question
 * @returns the first way that shows it; `undefined` if none does
 */
export function replay(
  world: World,
  from: string,
  packet: IpHeaders,
  among: (packet: IpHeaders) => boolean,
  shows: (path: Path) => boolean,
): Replay | undefined {
  for (const candidate of candidates(packet, among)) {
    const path = walk(world, new WorldState(), from, candidate).find(shows)
    if (!path) continue
    const rule = deciderOf(path)
    return { packet: candidate, path, ...(rule && { rule }) }
  }
  return undefined
}

/**
 * An opening whose answer is lost.
 * @param at point that denies the answer, or node where it ends
 * @returns `undefined` too where it is neither TCP, UDP nor echo
 */
export function replayAnswer(
  world: World,
  from: string,
  packet: IpHeaders,
  among: (packet: IpHeaders) => boolean,
  at: string,
): Pick<Replay, 'packet' | 'rule'> | undefined {
  const protocol = conversational(packet)
  if (!protocol) return undefined
  for (const candidate of candidates(packet, among)) {
    const state = new WorldState(world)
    const { stops, forth } = converse(world, { ...candidate, from, protocol }, state)
    const back = stops.flatMap(({ way, end }) => (way === 'back' ? [end] : []))
    const end = [...back, ...forth.flatMap((path) => answeredOutside(world, state, path))].find((each) =>
      each.kind === 'denied' ? each.point.id === at : each.node === at,
    )
    if (!end) continue
    const rule = end.kind === 'denied' ? placeOf(end.point, end.rule) : undefined
    return { packet: candidate, ...(rule && { rule }) }
  }
  return undefined
}

/**
 * Where answers end of somebody out there for whom no machine stands, or who serves what that machine does not: it has refused a datagram by
 * then, with an error that changes nothing.
 */
function answeredOutside(world: World, state: WorldState, { end, packet }: Path): readonly Path['end'][] {
  const hasLeft =
    (end.kind === 'no-route' && !end.route) || (end.kind === 'delivered' && packet.protocol === Protocol.udp)
  const answer = hasLeft && end.node === 'internet' && answerTo(packet, true)
  return answer ? walk(world, state, end.node, answer).map((path) => path.end) : []
}

/**
 * An opening about which, or about whose answer, some router tells something that is lost on its way back.
 * @param at point that denies the error, or node where it ends
 */
export function replayErrors(
  world: World,
  from: string,
  packet: IpHeaders,
  among: (packet: IpHeaders) => boolean,
  at: string,
): Pick<Replay, 'packet' | 'rule'> | undefined {
  for (const candidate of candidates(packet, among))
    for (const turned of [world, otherWays(world)]) {
      const end = lostErrors(turned, from, candidate).find((each) =>
        each.kind === 'denied' ? each.point.id === at : each.node === at,
      )
      if (!end) continue
      const rule = end.kind === 'denied' ? placeOf(end.point, end.rule) : undefined
      return { packet: candidate, ...(rule && { rule }) }
    }
  return undefined
}

/** Where errors end, and nobody gets them, that routers tell of an opening, and of what answers it. */
function lostErrors(world: World, from: string, opening: IpHeaders): readonly Path['end'][] {
  const state = new WorldState()
  const forth = walk(world, state, from, opening)
  const back = forth.flatMap(({ end, packet }) => {
    const answer = end.kind === 'delivered' && answerTo(packet, true)
    return answer ? walk(world, state, end.node, answer) : []
  })
  return [...forth, ...back]
    .flatMap(({ hops }) => hops)
    .filter(({ departure }) => departure !== undefined)
    .flatMap(({ node, packet }) =>
      toldBy(world.network, world.node(node), packet).flatMap((error) => walk(world, state, node, error)),
    )
    .flatMap(({ end }) => (end.kind === 'delivered' ? [] : [end]))
}

/** The same world with equal ways in another order: a walk shows where two of them meet for the first of them alone. */
const otherWays = (world: World): World => ({
  ...world,
  route(node, destination) {
    const route = world.route(node, destination)
    return route && { ...route, nextHops: route.nextHops.toReversed() }
  },
})

/** A packet, and the same from other source ports: balancers choose by the flow. */
export function* candidates(packet: IpHeaders, among: (packet: IpHeaders) => boolean): Iterable<IpHeaders> {
  yield packet
  const { quoted } = packet
  for (let at = 1; at < tries; at++) {
    // Of an error, the flow that it quotes chooses, by the port of who is told to have got it.
    if (quoted) {
      yield { ...packet, quoted: { ...quoted, destinationPort: (quoted.destinationPort + at) & 0xffff } }
      continue
    }
    const other = { ...packet, sourcePort: (packet.sourcePort + at) & 0xffff }
    if (among(other)) yield other
  }
}

function conversational({ protocol, family, icmpType }: IpHeaders): Opening['protocol'] | undefined {
  if (protocol === Protocol.tcp) return 'tcp'
  if (protocol === Protocol.udp) return 'udp'
  return protocol === icmpOf(family) && icmpType === icmpEcho[family].request ? 'icmp' : undefined
}

/** The rule that denied it, or the last one that let it pass. */
export function deciderOf({ hops, end }: Path): RulePlace | undefined {
  if (end.kind === 'denied') return placeOf(end.point, end.rule)
  const last = hops.flatMap(({ judgements }) => judgements).at(-1)
  return last?.decision.verdict === 'pass-by' || !last ? undefined : placeOf(last.point, last.decision.rule)
}

export const placeOf = (point: Point, rule: RulePlace['rule']): RulePlace | undefined =>
  rulesOf(point).find((place) => place.rule === rule)
