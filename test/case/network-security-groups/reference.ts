/**
 * A network security group by the words of Microsoft's documentation, and nothing of ours: rules of a direction by priority, the first that
 * matches decides, then the default rules. Addresses are words whose tags a test knows.
 */

export interface PlainRule {
  readonly name: string
  readonly priority: number
  readonly direction: 'Inbound' | 'Outbound'
  readonly access: 'Allow' | 'Deny'
  readonly protocol: string
  readonly source: PlainEnd
  readonly destination: PlainEnd
}

export interface PlainEnd {
  /** `*`, prefixes and tags, or `asg:NAME`. */
  readonly addresses: readonly string[]
  readonly ports: readonly string[]
}

export interface PlainPacket {
  readonly direction: 'Inbound' | 'Outbound'
  readonly source: string
  readonly destination: string
  readonly protocol: number
  readonly sourcePort: number
  readonly destinationPort: number
}

/** Whether an address is of a prefix, tag or application security group. */
export type IsIn = (address: string, set: string) => boolean

const numbers: Readonly<Record<string, number>> = { tcp: 6, udp: 17, icmp: 1, icmpv6: 58, esp: 50, ah: 51 }

export function decide(rules: readonly PlainRule[], packet: PlainPacket, isIn: IsIn): 'Allow' | 'Deny' {
  const anything = { addresses: ['*'], ports: ['*'] }
  const tag = (name: string) => ({ addresses: [name], ports: ['*'] })
  const standard = (
    priority: number,
    direction: PlainRule['direction'],
    access: PlainRule['access'],
    source: PlainEnd,
    destination: PlainEnd,
  ): PlainRule => ({ name: '', priority, direction, access, protocol: '*', source, destination })
  const all = [
    ...rules,
    standard(65_000, 'Inbound', 'Allow', tag('VirtualNetwork'), tag('VirtualNetwork')),
    standard(65_001, 'Inbound', 'Allow', tag('AzureLoadBalancer'), anything),
    standard(65_500, 'Inbound', 'Deny', anything, anything),
    standard(65_000, 'Outbound', 'Allow', tag('VirtualNetwork'), tag('VirtualNetwork')),
    standard(65_001, 'Outbound', 'Allow', anything, tag('Internet')),
    standard(65_500, 'Outbound', 'Deny', anything, anything),
  ]
  let best: PlainRule | undefined
  for (const rule of all)
    if (holds(rule, packet, isIn) && (!best || rule.priority < best.priority)) best = rule
  return best?.access ?? 'Deny'
}

function holds(rule: PlainRule, packet: PlainPacket, isIn: IsIn): boolean {
  if (rule.direction !== packet.direction) return false
  const protocol = rule.protocol.toLowerCase()
  if (protocol !== '*' && numbers[protocol] !== packet.protocol) return false
  return (
    rule.source.addresses.some((set) => set === '*' || isIn(packet.source, set)) &&
    rule.destination.addresses.some((set) => set === '*' || isIn(packet.destination, set)) &&
    hasPort(rule.source.ports, packet, packet.sourcePort) &&
    hasPort(rule.destination.ports, packet, packet.destinationPort)
  )
}

/** Only TCP and UDP have ports; all ports are no condition. */
function hasPort(ranges: readonly string[], { protocol }: PlainPacket, port: number): boolean {
  return ranges.some((range) => {
    if (range === '*' || range === '0-65535') return true
    if (protocol !== 6 && protocol !== 17) return false
    const [first, last = first] = range.split('-').map(Number) as [number, number?]
    return first <= port && port <= last
  })
}
