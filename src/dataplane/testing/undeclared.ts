/**
 * What may pass at all, said a second time and otherwise: from the network's model and the bytes of the frame, without rules, tiers,
 * or the reader of headers that all else shares. It allows more than the policy does; what it does not allow must never pass anywhere.
 */
import { type Network, type Node, neighboursOf, nodeById, siteByName } from '../../model/index.ts'
import { type Ip, ipFromBytes, Protocol, prefixContains } from '../../net/index.ts'
import type { Point } from '../../policy/index.ts'

/** A frame that a point let pass: as it came, and as it left. */
export interface Passed {
  readonly point: Point
  readonly before: Uint8Array
  readonly after: Uint8Array
}

/** What passed a node so far, where later answers to it may pass. */
export class Passages {
  readonly #network: Network
  readonly #said = new Set<string>()

  constructor(network: Network) {
    this.#network = network
  }

  /** Why this must not have passed; `undefined` if it may have. */
  fault({ point, before, after }: Passed): string | undefined {
    const packet = plainPacket(before)
    if (typeof packet === 'string') return packet
    if (packet === undefined) return undefined
    const node = nodeById(this.#network, point.node) as Node
    const site = siteByName(this.#network, node.site ?? '')
    if (!site) return 'a point outside all sites'
    const external = point.id.includes('/external/')
    const inside = (address: Ip): boolean => this.#network.internal.some((p) => prefixContains(p, address))
    const isVip = (address: Ip): boolean => site.public.vips.some((p) => prefixContains(p, address))
    switch (point.kind) {
      case 'access-router':
        if (external)
          return isVip(packet.destination) && !inside(packet.source) ? undefined : 'entered past the VIPs'
        return isVip(packet.source) && !inside(packet.destination) ? undefined : 'left with an inside address'
      case 'balancer': {
        const left = plainPacket(after)
        if (typeof left !== 'object') return 'rewritten to no plain packet'
        if (external) return inside(left.destination) ? undefined : 'entered to an address that is not inside'
        return isVip(left.source) ? undefined : 'left a balancer with an address that is not public'
      }
      case 'hypervisor':
        return this.#atVm(point, packet)
      case 'host':
        return this.#atHost(point, packet)
      default:
        return undefined
    }
  }

  #atVm(point: Point, packet: Packet): string | undefined {
    // `west/host1/vm/NAME/in`
    const name = point.id.split('/')[3]
    const vm = this.#network.nodes.find((n) => n.vm?.host === point.node && n.name === name) as Node
    const own = (address: Ip): boolean => vm.addresses.some((a) => a.value === address.value)
    if (point.id.endsWith('/out')) {
      const asksForAddress = packet.protocol === Protocol.udp && [67, 547].includes(packet.destinationPort)
      if (!own(packet.source) && !asksForAddress) return 'a VM spoke with an address that is not its own'
      this.#note(packet)
      return undefined
    }
    const listens = vm.listeners.some(
      ({ protocol, port }) => Protocol[protocol] === packet.protocol && port === packet.destinationPort,
    )
    return listens || packet.isIcmp || this.#isAnswer(packet)
      ? undefined
      : 'reached a VM that does not listen'
  }

  #atHost(point: Point, packet: Packet): string | undefined {
    const host = nodeById(this.#network, point.node) as Node
    const own = host.addresses.some(
      ({ value }) => value === packet[point.direction === 'in' ? 'destination' : 'source'].value,
    )
    // Packets of and for VMs pass by this point.
    if (!own) return undefined
    if (point.direction === 'out') {
      this.#note(packet)
      return undefined
    }
    const site = siteByName(this.#network, host.site ?? '')
    const toAgent = packet.protocol === Protocol.tcp && packet.destinationPort === site?.ports.agent
    const fromVm = neighboursOf(this.#network, host.id).some(
      ({ node }) => node.kind === 'vm' && node.addresses.some(({ value }) => value === packet.source.value),
    )
    const dhcp = packet.protocol === Protocol.udp && [68, 546].includes(packet.destinationPort)
    if (toAgent && !fromVm) return undefined
    return dhcp || packet.isIcmp || this.#isAnswer(packet) ? undefined : 'reached a host partition unasked'
  }

  #note({ source, destination, protocol, sourcePort, destinationPort }: Packet): void {
    this.#said.add([protocol, source.value, sourcePort, destination.value, destinationPort].join())
  }

  #isAnswer({ source, destination, protocol, sourcePort, destinationPort }: Packet): boolean {
    return this.#said.has([protocol, destination.value, destinationPort, source.value, sourcePort].join())
  }
}

interface Packet {
  readonly source: Ip
  readonly destination: Ip
  readonly protocol: number
  readonly sourcePort: number
  readonly destinationPort: number
  readonly isIcmp: boolean
}

/** A sentence if no filter may let such a frame pass; `undefined` for ARP and neighbour discovery. */
function plainPacket(frame: Uint8Array): Packet | string | undefined {
  const type = (frame[12]! << 8) | frame[13]!
  if (type === 0x0806) return undefined
  if (type !== 0x0800 && type !== 0x86dd) return `ethertype 0x${type.toString(16)} passed`
  const ip = frame.subarray(14)
  const isIpv4 = type === 0x0800
  const protocol = ip[isIpv4 ? 9 : 6] as number
  if (isIpv4) {
    if (ip[0] !== 0x45) return 'an IPv4 header with options, or of another version, passed'
    if ((ip[6]! & 0x3f) !== 0 || ip[7] !== 0) return 'an IPv4 fragment passed'
    if (((ip[2]! << 8) | ip[3]!) > ip.length) return 'an IPv4 packet longer than its frame passed'
  } else {
    if (ip[0]! >> 4 !== 6) return 'an IPv6 header of another version passed'
    if ([0, 43, 44, 51, 60, 135, 139, 140].includes(protocol)) return 'an IPv6 extension header passed'
    if (((ip[4]! << 8) | ip[5]!) + 40 > ip.length) return 'an IPv6 packet longer than its frame passed'
  }
  const [from, size, start] = isIpv4 ? [12, 4, 20] : [8, 16, 40]
  const isIcmp = protocol === (isIpv4 ? Protocol.icmp : Protocol.icmp6)
  if (protocol === Protocol.icmp6 && isIpv4) return 'ICMPv6 over IPv4 passed'
  if (isIcmp && !isIpv4 && ip[start]! >= 133 && ip[start]! <= 137) return undefined
  const hasPorts = protocol === Protocol.tcp || protocol === Protocol.udp
  const port = (at: number): number => (hasPorts ? (ip[at]! << 8) | ip[at + 1]! : 0)
  return {
    source: ipFromBytes(ip.slice(from, from + size)),
    destination: ipFromBytes(ip.slice(from + size, from + 2 * size)),
    protocol,
    sourcePort: port(start),
    destinationPort: port(start + 2),
    isIcmp,
  }
}
