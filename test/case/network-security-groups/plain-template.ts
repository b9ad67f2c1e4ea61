/** Plain rules as a template of Azure, and plain packets as packets. */
import { ip } from '../../../src/net/index.ts'
import type { IpHeaders } from '../../../src/wire/index.ts'
import type { PlainPacket, PlainRule } from './reference.ts'

/** As a template, in singular or plural forms, as `forms` says. */
export function template(rules: readonly PlainRule[], forms: readonly boolean[]): string {
  let turn = 0
  const either = (single: string, plural: string, list: readonly string[]) => {
    const isSingle = list.length === 1 && forms[turn++ % forms.length]
    return isSingle ? { [single]: list[0] } : { [single]: turn % 2 ? '' : null, [plural]: list }
  }
  const end = (side: string, { addresses, ports }: PlainRule['source']) => {
    const isGroup = addresses[0]?.startsWith('asg:')
    const ids = addresses.map((name) => ({
      id: `[resourceId('Microsoft.Network/applicationSecurityGroups', '${name.slice(4)}')]`,
    }))
    return {
      ...(isGroup
        ? { [`${side}ApplicationSecurityGroups`]: ids }
        : either(`${side}AddressPrefix`, `${side}AddressPrefixes`, addresses)),
      ...either(`${side}PortRange`, `${side}PortRanges`, ports),
    }
  }
  const written = rules.map(({ name, priority, direction, access, protocol, source, destination }) => ({
    name,
    properties: {
      priority,
      direction,
      access,
      protocol,
      ...end('source', source),
      ...end('destination', destination),
    },
  }))
  const resource = {
    type: 'Microsoft.Network/networkSecurityGroups',
    name: 'g',
    properties: { securityRules: written },
  }
  return JSON.stringify({ resources: [resource] })
}

/** A first packet: SYN of TCP, an echo request. */
export function frame({
  source,
  destination,
  protocol,
  sourcePort,
  destinationPort,
}: PlainPacket): IpHeaders {
  const hasPorts = protocol === 6 || protocol === 17
  const [from, to] = [ip(source), ip(destination)]
  return {
    kind: 'ip',
    family: from.family,
    source: from,
    destination: to,
    protocol,
    hopLimit: 64,
    sourcePort: hasPorts ? sourcePort : 0,
    destinationPort: hasPorts ? destinationPort : 0,
    tcpFlags: protocol === 6 ? 2 : 0,
    icmpType: protocol === 1 ? 8 : protocol === 58 ? 128 : 0,
    icmpCode: 0,
  }
}
