/** Packets and paths as text and as JSON. */
import { formatIp, formatProtocol } from '../net/index.ts'
import { formatOrigin, type Rule } from '../policy/index.ts'
import type { End, Hop, Path } from '../trace/index.ts'
import type { IpHeaders } from '../wire/index.ts'

/** `tcp 192.0.2.1:40000 → 198.51.100.2:443`; `icmp 192.0.2.1 → 10.0.0.1`. */
export function packetText({
  protocol,
  source,
  destination,
  sourcePort,
  destinationPort,
}: IpHeaders): string {
  const ported = protocol === 6 || protocol === 17
  const end = (ip: typeof source, port: number) =>
    !ported ? formatIp(ip) : ip.family === 6 ? `[${formatIp(ip)}]:${port}` : `${formatIp(ip)}:${port}`
  return `${formatProtocol(protocol)} ${end(source, sourcePort)} → ${end(destination, destinationPort)}`
}

export const packetJson = (packet: IpHeaders) => ({
  protocol: formatProtocol(packet.protocol),
  source: formatIp(packet.source),
  destination: formatIp(packet.destination),
  sourcePort: packet.sourcePort,
  destinationPort: packet.destinationPort,
})

export const ruleJson = (rule: Rule) => ({
  id: rule.id,
  action: rule.action,
  origin: formatOrigin(rule.origin),
  why: rule.why,
})

export const pathJson = ({ hops, end, packet }: Path) => ({
  hops: hops.map(hopJson),
  end: endJson(end),
  packet: packetJson(packet),
})

const hopJson = (hop: Hop) => ({
  node: hop.node,
  arrival: hop.arrival ?? null,
  departure: hop.departure ?? null,
  alternatives: hop.alternatives,
  packet: packetJson(hop.packet),
  judgements: hop.judgements.flatMap(({ point, decision }) =>
    decision.verdict === 'pass-by'
      ? []
      : [
          {
            point: point.id,
            verdict: decision.verdict,
            tier: decision.tier,
            rule: ruleJson(decision.rule),
            translated: decision.packet ? packetJson(decision.packet) : null,
          },
        ],
  ),
})

const endJson = (end: End) =>
  end.kind === 'denied'
    ? { kind: end.kind, node: end.node, point: end.point.id, tier: end.tier, rule: ruleJson(end.rule) }
    : { kind: end.kind, node: end.node }

/** How a path ended, in words. */
export function endText(end: End): string {
  switch (end.kind) {
    case 'delivered':
      return `delivered to ${end.node}`
    case 'denied':
      return `denied at ${end.point.id} by ${end.rule.id}`
    case 'no-route':
      return `discarded at ${end.node}: ${end.route ? 'a null route holds its destination' : 'no route leads there'}`
    case 'not-for-node':
      return `discarded at ${end.node}, which is not its destination and no router`
    case 'hop-limit':
      return `discarded at ${end.node}: its hop limit is used up`
  }
}
