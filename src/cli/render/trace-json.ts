/** A conversation as JSON. Addresses and prefixes are text. */
import { type Network, neighboursOf } from '../../model/index.ts'
import { formatIp, formatPrefix } from '../../net/index.ts'
import { type RulePlace, rulesOf } from '../../policy/index.ts'
import type { Conversation, End, Hop, Path } from '../../trace/index.ts'
import { packetJson } from './packet.ts'
import { ruleJson } from './rule-json.ts'
import { whereToChange } from './where-to-change.ts'

export function traceJson(
  network: Network,
  conversation: Conversation,
  to: string | undefined,
  changes: readonly RulePlace[] = [],
) {
  const { opening, outcome, unanimous, forth, back, stops, decider } = conversation
  return {
    opening: {
      from: opening.from,
      to: to ?? null,
      family: opening.source.family,
      protocol: opening.protocol,
      source: formatIp(opening.source),
      destination: formatIp(opening.destination),
      sourcePort: opening.sourcePort,
      destinationPort: opening.protocol === 'icmp' ? null : opening.destinationPort,
    },
    outcome,
    unanimous,
    /** Of a packet that came through: the last rule that allowed it. */
    decider: decider
      ? {
          point: decider.point.id,
          tier: rulesOf(decider.point).find(({ rule }) => rule === decider.rule)?.tier ?? null,
          rule: ruleJson(decider.rule),
        }
      : null,
    /** Rules that would have to change for the other outcome, one behind the other; those on equal ways side by side. */
    changes: changes.map(({ point, tier, rule }) => ({
      point: point.id,
      tier,
      rule: ruleJson(rule),
      change: whereToChange(network, point, rule),
    })),
    stops: stops.map(({ end, way }) => ({ way, ...endJson(network, end) })),
    forth: forth.map((path) => pathJson(network, path)),
    back: back.map((path) => pathJson(network, path)),
  }
}

/** An ICMP error that was sent then, along every equal way. */
export const errorJson = (network: Network, from: string, paths: readonly Path[]) => ({
  from,
  paths: paths.map((path) => pathJson(network, path)),
})

const pathJson = (network: Network, { hops, end, packet }: Path) => ({
  hops: hops.map((hop) => hopJson(network, hop)),
  end: endJson(network, end),
  packet: packetJson(packet),
})

const hopJson = (
  network: Network,
  { node, arrival, departure, alternatives, route, packet, judgements }: Hop,
) => ({
  node,
  arrival: arrival ?? null,
  departure: departure ?? null,
  route: route
    ? {
        prefix: formatPrefix(route.prefix),
        next: neighboursOf(network, node).find(({ near }) => near.interface === departure)?.node.id ?? null,
        equalWays: alternatives + 1,
      }
    : null,
  packet: packetJson(packet),
  judgements: judgements.flatMap(({ point, decision }) =>
    decision.verdict === 'pass-by'
      ? []
      : [
          {
            point: point.id,
            verdict: decision.verdict,
            tier: decision.tier,
            rule: ruleJson(decision.rule),
            /** Rules in audit mode that would have denied it before. */
            audited: (decision.audited ?? []).map(ruleJson),
            becomes: decision.packet ? packetJson(decision.packet) : null,
          },
        ],
  ),
})

const endJson = (network: Network, end: End) =>
  end.kind === 'denied'
    ? {
        kind: end.kind,
        node: end.node,
        point: end.point.id,
        tier: end.tier,
        rule: ruleJson(end.rule),
        change: whereToChange(network, end.point, end.rule),
      }
    : { kind: end.kind, node: end.node }
