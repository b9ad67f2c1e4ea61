/**
 * What may pass at all, said a second time and otherwise: from the network's model and the bytes of the frame, without rules, tiers,
 * or the reader of headers that all else shares. It allows more than the policy does; what it does not allow must never pass anywhere.
 */
import {
  hostServices,
  type Network,
  type Node,
  neighboursOf,
  nodeById,
  siteByName,
} from '../../../model/index.ts'
import { type Ip, ipEquals, Protocol, prefixContains } from '../../../net/index.ts'
import type { Point } from '../../../policy/index.ts'
import { isAskedBy, isLetByGuest, isOfferedBy } from './machine-faults.ts'
import { type Packet, plainPacket } from './plain-packet.ts'
import { routerFault } from './router-faults.ts'

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
        return this.#atServices(point, packet) ?? this.#atHost(point, packet)
      case 'distribution-router':
        return routerFault(this.#network, point, packet)
      case 'native-host': {
        const expected =
          point.direction === 'in'
            ? isOfferedBy(this.#network, node, packet)
            : isAskedBy(this.#network, node, packet)
        return this.#atMachine(packet, expected, `a native host ${verbs[point.direction]} unasked`)
      }
      case 'guest': {
        const expected = isLetByGuest(this.#network, node, point.direction, packet)
        return this.#atMachine(packet, expected, `a guest ${verbs[point.direction]} what its rules deny`)
      }
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

  /** What VMs say to the services of their host, and hear from them; nobody else does. */
  #atServices({ node, id, direction }: Point, packet: Packet): string | undefined {
    const [there, other] = direction === 'in' ? ['destination', 'source'] : ['source', 'destination']
    const port = direction === 'in' ? packet.destinationPort : packet.sourcePort
    const service = hostServices.find(({ addresses }) =>
      addresses.some((address) => ipEquals(address, packet[there as 'source'])),
    )
    if (!service) return undefined
    // The host tells its VMs what became of their packets.
    if (direction === 'out' && packet.isError && !id.includes('/uplink/')) return undefined
    const isOwnVm = this.#network.nodes.some(
      ({ vm, addresses }) =>
        vm?.host === node && addresses.some((address) => ipEquals(address, packet[other as 'source'])),
    )
    if (id.includes('/uplink/') || !isOwnVm)
      return 'a service of a host spoke with somebody else than its VMs'
    if (packet.protocol !== Protocol.tcp || !service.ports.includes(port))
      return 'a service of a host has such a port'
    return direction === 'out' && packet.opensTcp ? 'a service of a host opened a connection' : undefined
  }

  /** Of a machine that keeps flows: what opens one is expected, everything else is of one that was opened. */
  #atMachine(packet: Packet, expected: boolean, otherwise: string): string | undefined {
    if (packet.isError) return undefined
    const isKnown = this.#isAnswer(packet) || this.#said.has(keyOf(packet))
    const opens = packet.protocol === Protocol.tcp ? packet.opensTcp : packet.echo !== 'reply'
    if (!isKnown && !(opens && expected)) return otherwise
    this.#note(packet)
    return undefined
  }

  #note(packet: Packet): void {
    this.#said.add(keyOf(packet))
  }

  #isAnswer(packet: Packet): boolean {
    const { source, destination, sourcePort, destinationPort } = packet
    const asked = { source: destination, destination: source }
    const ports = { sourcePort: destinationPort, destinationPort: sourcePort }
    return this.#said.has(keyOf({ ...packet, ...asked, ...ports }))
  }
}

const verbs = { in: 'heard', out: 'said' } as const

const keyOf = ({ source, destination, protocol, sourcePort, destinationPort }: Packet): string =>
  [protocol, source.value, sourcePort, destination.value, destinationPort].join()
