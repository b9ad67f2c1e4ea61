/**
 * One packet through the network, hop by hop: routed, judged at every point on its way, translated where a balancer does.
 * Where a node has several equal next hops every one is followed, so that "what happens" does not depend on luck.
 */
import { forwards, localAddresses, type NextHop, type Node, type Route } from '../model/index.ts'
import { formatIp, ipEquals } from '../net/index.ts'
import { type Decision, judge, type Point, pointsAt, type Rule } from '../policy/index.ts'
import type { IpHeaders } from '../wire/index.ts'
import type { World, WorldState } from './world.ts'

/** What one point said. */
export interface Judgement {
  readonly point: Point
  readonly decision: Decision
}

/** A node on the way. */
export interface Hop {
  readonly node: string
  /** Interface of arrival; absent where the packet starts. */
  readonly arrival?: string
  /** Interface of departure; absent where it ends. */
  readonly departure?: string
  /** Equal next hops there were beside the one taken. */
  readonly alternatives: number
  /** Points that judged it here, arrival before departure. Points that it passed by are left out. */
  readonly judgements: readonly Judgement[]
  /** As it arrived, or as it was sent. */
  readonly packet: IpHeaders
  /** The longest matching route. */
  readonly route?: Route
}

export type End =
  | { readonly kind: 'delivered'; readonly node: string }
  | {
      readonly kind: 'denied'
      readonly node: string
      readonly point: Point
      readonly tier: string
      readonly rule: Rule
    }
  /** A null route, or none at all. */
  | { readonly kind: 'no-route'; readonly node: string; readonly route?: Route }
  /** The node is not a router and the packet is not for it. */
  | { readonly kind: 'not-for-node'; readonly node: string }
  | { readonly kind: 'hop-limit'; readonly node: string }

export interface Path {
  readonly hops: readonly Hop[]
  readonly end: End
  /** As it was at its end. */
  readonly packet: IpHeaders
}

/**
 * Sends a packet from a node and follows it along every equal path; points remember flows in `state`. The first path is
 * the one of first next hops; further ones end where they meet a place that an earlier one visited with the same packet. One that
 * comes back to a place where it was itself goes round until its hop limit ends it. There is always at least one path.
 * @param judging what points say; by default, what they do
 */
export function walk(
  world: World,
  state: WorldState,
  from: string,
  packet: IpHeaders,
  judging: typeof judge = judge,
): readonly Path[] {
  const paths: Path[] = []
  const visited = new Set<string>()

  const arrive = (
    hops: readonly Hop[],
    places: readonly string[],
    node: string,
    packet: IpHeaders,
    arrival: string | undefined,
  ): void => {
    const judgements: Judgement[] = []
    const end = (kind: End, now = packet, route?: Route): void => {
      paths.push({
        hops: [...hops, hopOf({ node, arrival, alternatives: 0, judgements, packet, route })],
        end: kind,
        packet: now,
      })
    }
    const inward = arrival === undefined ? [] : pointsAt(world.policy, node, arrival, 'in')
    const by = arrival === undefined ? 'start' : inward.map(({ id }) => id).join(',')
    const place = `${node} ${by} ${packetKey(packet)}`
    if (places.includes(place)) return end({ kind: 'hop-limit', node })
    if (visited.has(place)) return
    visited.add(place)
    const trail = [...places, place]
    const entered = pass(inward, packet, state, judgements, judging)
    if ('rule' in entered) return end({ kind: 'denied', node, ...entered })
    const here = world.node(node)
    if (arrival !== undefined && isLocal(here, entered.packet))
      return end({ kind: 'delivered', node }, entered.packet)
    if (arrival !== undefined && !forwards(here)) return end({ kind: 'not-for-node', node }, entered.packet)
    const onward =
      arrival === undefined ? packet : { ...entered.packet, hopLimit: entered.packet.hopLimit - 1 }
    if (onward.hopLimit <= 0) return end({ kind: 'hop-limit', node }, entered.packet)
    const route = world.route(node, onward.destination)
    if (!route || route.nextHops.length === 0)
      return end(route ? { kind: 'no-route', node, route } : { kind: 'no-route', node }, onward, route)
    for (const hop of route.nextHops)
      depart(hops, trail, node, packet, arrival, onward, route, hop, [...judgements])
  }

  const depart = (
    hops: readonly Hop[],
    places: readonly string[],
    node: string,
    arrived: IpHeaders,
    arrival: string | undefined,
    packet: IpHeaders,
    route: Route,
    nextHop: NextHop,
    judgements: Judgement[],
  ): void => {
    const outward = pointsAt(world.policy, node, nextHop.interface, 'out')
    const left = pass(outward, packet, state, judgements, judging)
    const alternatives = route.nextHops.length - 1
    const departure = nextHop.interface
    const trail = [
      ...hops,
      hopOf({ node, arrival, departure, alternatives, judgements, packet: arrived, route }),
    ]
    if ('rule' in left) {
      paths.push({ hops: trail, end: { kind: 'denied', node, ...left }, packet })
      return
    }
    const peer = world.peer(node, departure)
    arrive(trail, places, peer.node, left.packet, peer.interface)
  }

  arrive([], [], from, packet, undefined)
  return paths
}

/** Asks points in turn; the packet as they leave it, or the rule that denied it. */
function pass(
  points: readonly Point[],
  packet: IpHeaders,
  state: WorldState,
  judgements: Judgement[],
  judging: typeof judge,
): { readonly packet: IpHeaders } | { readonly point: Point; readonly tier: string; readonly rule: Rule } {
  let current = packet
  for (const point of points) {
    const decision = judging(point, current, state.of(point))
    if (decision.verdict === 'pass-by') continue
    judgements.push({ point, decision })
    state.judged.push({ point, decision })
    if (decision.verdict === 'deny') return { point, tier: decision.tier, rule: decision.rule }
    current = decision.packet ?? current
  }
  return { packet: current }
}

const isLocal = (node: Node, packet: IpHeaders): boolean =>
  localAddresses(node).some((address) => ipEquals(address, packet.destination))

type Parts = { [K in keyof Hop]: Hop[K] | undefined }

const hopOf = (parts: Parts): Hop =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as unknown as Hop

const packetKey = (p: IpHeaders): string =>
  `${formatIp(p.source)} ${formatIp(p.destination)} ${p.protocol} ${p.sourcePort} ${p.destinationPort} ${p.icmpType}`
