/** DHCP (RFC 2131 section 4.1) and DHCPv6 (RFC 8415 section 7) as matches: what a client says and what it hears. */
import { type Family, PortRange, Protocol, prefix } from '../../net/index.ts'
import type { Match } from '../rule.ts'

const exchange = (family: Family, from: number, to: number): Match => ({
  family,
  protocol: Protocol.udp,
  sourcePorts: [PortRange(from)],
  destinationPorts: [PortRange(to)],
})

export const dhcpRequest = exchange(4, 68, 67)
export const dhcpReply = exchange(4, 67, 68)
export const dhcp6Request = exchange(6, 546, 547)
export const dhcp6Reply = exchange(6, 547, 546)

/** Requests of a client that knows no server yet. */
export const dhcpDiscovery: Match = { destination: [prefix('255.255.255.255/32')], ...dhcpRequest }
export const dhcp6Discovery: Match = { destination: [prefix('ff02::1:2/128')], ...dhcp6Request }

/** Whatever a client would take for a server's answer: clients look at the port alone. */
export const toDhcpClient: Match = { protocol: Protocol.udp, destinationPorts: [PortRange(68)] }
export const toDhcp6Client: Match = { protocol: Protocol.udp, destinationPorts: [PortRange(546)] }
