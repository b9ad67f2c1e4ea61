/** What machines that filter for themselves may not hear or say: those without a hypervisor, and VMs with a guest firewall. */
import {
  guestKey,
  type Listener,
  type Network,
  type Node,
  type ResolvedRule,
  type RuleEnds,
  siteByName,
} from '../../../model/index.ts'
import { type Ip, ipEquals, Protocol, prefix, prefixContains } from '../../../net/index.ts'
import type { Packet } from './plain-packet.ts'

/** What a native host may get that it did not ask for: what its kind offers, from clients; and DHCP's answers. */
export function isOfferedBy(network: Network, node: Node, packet: Packet): boolean {
  const pool = siteByName(network, node.site ?? '')?.pools.infrastructure ?? []
  const fromServer = [...pool, prefix('fe80::/10')].some((p) => prefixContains(p, packet.source))
  return (fromServer && isDhcp(packet, 'reply')) || isOffered(network, node, packet)
}

/** What a native host may say that is no answer: to machines of which it is a client, and to find its address. */
export const isAskedBy = (network: Network, node: Node, packet: Packet): boolean =>
  isDhcp(packet, 'request') ||
  network.nodes.some(
    (server) =>
      server.addresses.some((address) => ipEquals(address, packet.destination)) &&
      node.addresses.some((source) => isOffered(network, server, { ...packet, source })),
  )

/** Ports of DHCP (RFC 2131 section 4.1) and DHCPv6 (RFC 8415 section 7.2). */
function isDhcp(
  { protocol, source, sourcePort, destinationPort }: Packet,
  what: 'request' | 'reply',
): boolean {
  const [client, server] = source.family === 4 ? [68, 67] : [546, 547]
  const [from, to] = what === 'request' ? [client, server] : [server, client]
  return protocol === Protocol.udp && sourcePort === from && destinationPort === to
}

function isOffered(network: Network, server: Node, { protocol, source, destinationPort }: Packet): boolean {
  return server.listeners.some(
    (listener) =>
      Protocol[listener.protocol] === protocol &&
      listener.port === destinationPort &&
      isClient(network, server, listener, source),
  )
}

/** By the categories of the template: 1 is open to all, the others to kinds of machines of the site, nodes, and addresses. */
function isClient({ nodes, sites }: Network, server: Node, { service }: Listener, source: Ip): boolean {
  const site = sites.find(({ name }) => name === server.site)
  const access = service && site?.infrastructure[service]
  if (!access) return false
  if (access.category === 1 || access.addresses.some((address) => ipEquals(address, source))) return true
  // VMs are meant by their pool.
  if (access.clients.includes('vm') && site?.pools.vms.some((pool) => prefixContains(pool, source)))
    return true
  return nodes.some(
    ({ id, kind, site: of, addresses }) =>
      (access.nodes.includes(id) || (of === server.site && access.clients.includes(kind))) &&
      addresses.some((address) => ipEquals(address, source)),
  )
}

/** Whether the customer who wrote the guest firewall of a VM lets a packet that opens something in, or out. */
export function isLetByGuest(network: Network, vm: Node, direction: 'in' | 'out', packet: Packet): boolean {
  const key = guestKey(vm.vm?.service ?? '', vm.vm?.role ?? '')
  const guest = siteByName(network, vm.site ?? '')?.filters.guests[key]
  if (!guest) return true
  const decides = guest.filter.rules.find(
    (rule) =>
      rule.direction === direction &&
      !(rule.audit && rule.action === 'deny') &&
      isAbout(network, vm, rule, packet),
  )
  return (decides?.action ?? (direction === 'in' ? 'deny' : guest.outbound)) === 'allow'
}

function isAbout(network: Network, vm: Node, rule: ResolvedRule, packet: Packet): boolean {
  const { source, destination, protocol, sourcePort, destinationPort } = packet
  const hasPorts = protocol === Protocol.tcp || protocol === Protocol.udp
  const inPorts = (ranges: ResolvedRule['ports'], port: number): boolean =>
    !ranges || (hasPorts && ranges.some(({ first, last }) => first <= port && port <= last))
  // What such rules are about here is not told apart by `Packet`: nothing is said against what they may allow.
  if (rule.icmpType !== undefined || rule.icmpCode !== undefined || rule.tcpFlags)
    return rule.action === 'allow' && rule.protocol === protocol
  return (
    (rule.family ?? source.family) === source.family &&
    (rule.protocol ?? protocol) === protocol &&
    inPorts(rule.sourcePorts, sourcePort) &&
    inPorts(rule.ports, destinationPort) &&
    (!rule.from || holds(network, vm, rule.from, source)) &&
    (!rule.to || holds(network, vm, rule.to, destination))
  )
}

function holds(network: Network, vm: Node, { prefixes, relative }: RuleEnds, address: Ip): boolean {
  if (prefixes.some((each) => prefixContains(each, address))) return true
  const meant = network.nodes.filter(({ id, site, vm: other }) =>
    relative.some((name) => {
      if (name === 'this') return id === vm.id
      if (name === 'this-host') return id === vm.vm?.host
      if (name === 'vms-of-this-host') return other?.host === vm.vm?.host
      return site === vm.site && other !== undefined && other.service === vm.vm?.service
    }),
  )
  return meant.some(({ addresses }) => addresses.some((own) => ipEquals(own, address)))
}
