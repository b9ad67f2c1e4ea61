/** One packet through the Stanford backbone, rule by rule: what all faster ways are held against. */
import type { IpHeaders } from '../../../src/wire/index.ts'
import type { AccessRule, AddressBlock, Backbone, ForwardingRule } from './read.ts'

/** Routers to which a packet comes that one of them sends, that one among them. */
export function visited(backbone: Backbone, from: string, packet: IpHeaders): ReadonlySet<string> {
  const seen = new Set([from])
  for (const router of seen) for (const next of nextHops(backbone, router, packet)) seen.add(next)
  return seen
}

/** The rule with the longest prefix. */
export function lookup(
  { forwarding }: Backbone,
  router: string,
  packet: IpHeaders,
): ForwardingRule | undefined {
  const destination = Number(packet.destination.value)
  let best: ForwardingRule | undefined
  for (const rule of forwarding) {
    const size = 2 ** (32 - rule.length)
    if (rule.router !== router || destination < rule.address || destination >= rule.address + size) continue
    if (!best || rule.length > best.length) best = rule
  }
  return best
}

function nextHops(backbone: Backbone, router: string, packet: IpHeaders): readonly string[] {
  const rule = lookup(backbone, router, packet)
  if (!rule || rule.port === 'self') return []
  const ports = backbone.vlans.get(`${router} ${rule.port}`) ?? [rule.port]
  return ports
    .filter((port) => permits(backbone, router, port, 'out', packet))
    .flatMap((port) => backbone.cables.get(`${router} ${port}`) ?? [])
    .filter(([to, port]) => permits(backbone, to, port, 'in', packet))
    .map(([to]) => to)
}

function permits(
  { usages, lists }: Backbone,
  router: string,
  port: string,
  direction: 'in' | 'out',
  packet: IpHeaders,
): boolean {
  return usages
    .filter((each) => each.router === router && each.port === port && each.direction === direction)
    .flatMap((each) => each.lists)
    .every((key) => permittedBy(lists.get(key) ?? [], packet))
}

function permittedBy(rules: readonly AccessRule[], packet: IpHeaders): boolean {
  let deciding: AccessRule | undefined
  for (const rule of rules)
    if (matches(rule, packet) && (!deciding || rule.priority > deciding.priority)) deciding = rule
  return deciding?.action === 'permit'
}

const within = (value: number, range: readonly [number, number] | undefined): boolean =>
  range === undefined || (range[0] <= value && value <= range[1])

const inBlock = (address: bigint, { address: base, wildcard }: AddressBlock): boolean =>
  ((Number(address) ^ base) & ~wildcard) === 0

const matches = (rule: AccessRule, packet: IpHeaders): boolean =>
  within(packet.protocol, rule.protocols) &&
  inBlock(packet.source.value, rule.source) &&
  inBlock(packet.destination.value, rule.destination) &&
  within(packet.sourcePort, rule.sourcePorts) &&
  within(packet.destinationPort, rule.destinationPorts)
