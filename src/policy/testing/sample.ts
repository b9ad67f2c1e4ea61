/** Rules, points and packets in a few words, for tests of whatever handles them. */
import { ip, Protocol } from '../../net/index.ts'
import type { Headers, IpHeaders, OddReason, QuotedFlow } from '../../wire/index.ts'
import { defaultDeny, shapeTier } from '../built-in.ts'
import { openingFlags } from '../flow.ts'
import type { Point, RuleTier, Tier } from '../point.ts'
import type { Action, Match, Rule } from '../rule.ts'

export const rule = (id: string, action: Action, match: Match = {}): Rule => ({
  id,
  action,
  match,
  origin: { kind: 'built-in', name: 'sample' },
  why: 'A test says so.',
})

export const ruleTier = (name: string, ...rules: Rule[]): RuleTier => ({ kind: 'rules', name, rules })

/** A stateless point with a shape tier and these. */
export const point = (tiers: readonly Tier[], more: Partial<Point> = {}): Point => ({
  id: 'node/filter/in',
  kind: 'access-router',
  node: 'node',
  interfaces: ['eth0'],
  direction: 'in',
  tiers: [shapeTier, ...tiers],
  defaultDeny,
  ...more,
})

/** The points with each of their tiers changed. */
export const withTiers = (
  points: readonly Point[],
  change: (tier: Tier, point: Point) => Tier,
): readonly Point[] =>
  points.map((each) => ({ ...each, tiers: each.tiers.map((tier) => change(tier, each)) }))

/** `10.0.0.1 1024`: an address and a port; without a port 0. */
function end(text: string): { address: IpHeaders['source']; port: number } {
  const [address, port = '0'] = text.split(' ')
  return { address: ip(address as string), port: Number(port) }
}

/** Points with a hole: whoever sends it, TCP to a port opens a flow at some that keep flows. */
export const withOpening = (
  points: readonly Point[],
  has: (point: Point) => boolean,
  port: number,
): readonly Point[] => {
  const hole = rule(`opening/${port}`, 'allow', {
    protocol: Protocol.tcp,
    tcpFlags: openingFlags,
    destinationPorts: [{ first: port, last: port }],
  })
  const behind = (tier: Tier): readonly Tier[] =>
    tier.kind === 'flow' ? [tier, ruleTier('hole', hole)] : [tier]
  return points.map((each) => (has(each) ? { ...each, tiers: each.tiers.flatMap(behind) } : each))
}

/** `flow('tcp', '10.0.0.1 1024', '192.0.2.1 80')`. */
export function flow(protocol: keyof typeof Protocol | number, from: string, to: string): QuotedFlow {
  const [source, destination] = [end(from), end(to)]
  return {
    source: source.address,
    destination: destination.address,
    protocol: typeof protocol === 'number' ? protocol : Protocol[protocol],
    sourcePort: source.port,
    destinationPort: destination.port,
  }
}

/** A packet of a flow: SYN of TCP, with numbers that fit those of any other such packet; for ICMP an echo request if it has a source port, else a reply. */
export function packet(ends: QuotedFlow, more: Partial<IpHeaders> = {}): IpHeaders {
  const { family } = ends.source
  const icmp = ends.protocol === Protocol.icmp || ends.protocol === Protocol.icmp6
  const [request, reply] = family === 4 ? [8, 0] : [128, 129]
  return {
    kind: 'ip',
    family,
    ...ends,
    hopLimit: 64,
    tcpFlags: ends.protocol === Protocol.tcp ? 0x02 : 0,
    ...(ends.protocol === Protocol.tcp && { tcpSequence: 0, tcpAcknowledgement: 1 }),
    icmpType: icmp ? (ends.sourcePort > 0 ? request : reply) : 0,
    icmpCode: 0,
    ...more,
  }
}

/** Port unreachable about a packet, to its sender. */
export const unreachable = (quoted: QuotedFlow, from = quoted.destination): IpHeaders => ({
  kind: 'ip',
  family: from.family,
  source: from,
  destination: quoted.source,
  protocol: from.family === 4 ? Protocol.icmp : Protocol.icmp6,
  hopLimit: 64,
  sourcePort: 0,
  destinationPort: 0,
  tcpFlags: 0,
  icmpType: from.family === 4 ? 3 : 1,
  icmpCode: from.family === 4 ? 3 : 4,
  quoted,
})

export const reversed = (f: QuotedFlow): QuotedFlow => ({
  source: f.destination,
  destination: f.source,
  protocol: f.protocol,
  sourcePort: f.destinationPort,
  destinationPort: f.sourcePort,
})

export const odd = (reason: OddReason): Headers => ({ kind: 'odd', reason })
