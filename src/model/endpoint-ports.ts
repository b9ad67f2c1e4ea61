/** Ports that endpoints take: of the VMs of their role, and of the VIP that all roles of a service share. */
import { PortRange } from '../net/index.ts'
import type { Endpoint } from './network.ts'

type Ported = Pick<Endpoint, 'exposure' | 'protocol' | 'publicPort' | 'lastPublicPort' | 'port' | 'lastPort'>

/** UDP ports of a VM that its address assignment needs: DHCP (RFC 2131) and DHCPv6 (RFC 8415). */
const reservedUdp = [67, 68, 546, 547]

/** Of the VMs. Where the protocol is any, no port is meant. */
export const portsAtVm = ({ port, lastPort }: Ported): PortRange => PortRange(port, lastPort)

/** Of the VIP; absent inside, and where the range is a mistake. */
export function portsAtVip({
  exposure,
  publicPort,
  lastPublicPort = publicPort,
}: Ported): PortRange | undefined {
  return exposure === 'internal' || lastPublicPort < publicPort
    ? undefined
    : PortRange(publicPort, lastPublicPort)
}

/** Whether two endpoints of a role would share a port of its VMs. */
export function sharePortAtVm(a: Ported, b: Ported): boolean {
  if (a.protocol === 'any' || b.protocol === 'any') return false
  const both = a.protocol === b.protocol || a.protocol === 'tcp-udp' || b.protocol === 'tcp-udp'
  return both && overlap(portsAtVm(a), portsAtVm(b))
}

/** Whether two endpoints of a service would share a port of its VIP. */
export function sharePortAtVip(a: Ported, b: Ported): boolean {
  const [one, other] = [portsAtVip(a), portsAtVip(b)]
  return one !== undefined && other !== undefined && a.protocol === b.protocol && overlap(one, other)
}

/** A UDP port of the VMs that no endpoint can have. */
export function reservedPortOf(endpoint: Ported): number | undefined {
  if (endpoint.protocol !== 'udp' && endpoint.protocol !== 'tcp-udp') return undefined
  const { first, last } = portsAtVm(endpoint)
  return reservedUdp.find((port) => first <= port && port <= last)
}

const overlap = (a: PortRange, b: PortRange): boolean => a.first <= b.last && b.first <= a.last
