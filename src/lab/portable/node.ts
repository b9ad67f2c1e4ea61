/**
 * One machine: frames come in through the programs of an interface, are delivered or forwarded, and go out through the programs
 * of another. The order is Linux's: XDP, tcx ingress, routing, hop limit, tcx egress.
 */
import { forwards, type LinkEnd, localAddresses, type Node, type Route } from '../../model/index.ts'
import { type Family, type Ip, macBytes } from '../../net/index.ts'
import { ethernet } from '../../wire/index.ts'
import { type Datagram, datagramOf, forwarded, readDatagram } from './datagram.ts'
import { Hooks, type Passage } from './hooks.ts'
import { type IcmpCause, icmpError, isOneHost } from './icmp-error.ts'
import { type Received, readReceived } from './received.ts'
import type { RouteTable } from './route-table.ts'

/** What a machine needs of the world around it. */
export interface Surroundings {
  /** Puts a frame on the cable of an interface. */
  transmit(from: LinkEnd, frame: Uint8Array): void
  /** A packet for the machine itself; what it answers, if anything. */
  take(node: Node, received: Received): Uint8Array | undefined
  /** A packet ends here. `reason` is for people, and what losses are counted by. */
  lose(node: Node, reason: string): void
}

interface Port {
  readonly end: LinkEnd
  readonly hooks: Hooks
  /** The header of what it sends to its neighbour, by family. */
  readonly headers: Readonly<Record<Family, Uint8Array>>
}

export class PortableNode {
  readonly model: Node
  readonly #routes: RouteTable
  readonly #around: Surroundings
  readonly #ports = new Map<string, Port>()
  readonly #local: Readonly<Record<Family, Set<bigint>>> = { 4: new Set(), 6: new Set() }

  constructor(model: Node, routes: RouteTable, around: Surroundings) {
    this.model = model
    this.#routes = routes
    this.#around = around
    for (const { family, value } of localAddresses(model)) this.#local[family].add(value)
  }

  /** Interfaces are numbered from 2: 1 is the loopback everywhere. */
  addPort(end: LinkEnd, neighbour: LinkEnd): Hooks {
    const hooks = new Hooks(`${this.model.id} ${end.interface}`, this.#ports.size + 2)
    const header = (etherType: number): Uint8Array =>
      ethernet.emit({ source: end.mac, destination: neighbour.mac, etherType }, new Uint8Array(0))
    const headers = { 4: header(ethernet.EtherType.ipv4), 6: header(ethernet.EtherType.ipv6) }
    this.#ports.set(end.interface, { end, hooks, headers })
    this.#local[6].add(end.linkLocal.value)
    return hooks
  }

  hooks(iface: string): Hooks {
    return this.#port(iface).hooks
  }

  /** A frame from the cable. */
  receive(iface: string, frame: Uint8Array): void {
    const port = this.#port(iface)
    const passage = port.hooks.receive(frame)
    if (passage.kind === 'transmit') return this.#around.transmit(port.end, passage.frame)
    if (passage.kind === 'drop') return this.#dropped(passage)
    if (!isFor(passage.frame, port.end)) return this.#lose('frame for another machine')
    const datagram = datagramOf(passage.frame)
    if (!datagram) return this.#lose('no IP packet')
    if (this.#isLocal(datagram.destination)) return this.#deliver(datagram)
    if (!forwards(this.model)) return this.#lose('packet for another machine')
    this.#forward(datagram)
  }

  /** A packet of this machine. To itself it goes by the loopback, where no program stands. */
  originate(packet: Uint8Array): void {
    const datagram = readDatagram(packet)
    if (!datagram) throw new TypeError(`send from ${this.model.id}: no IP packet (a bug of Glacis)`)
    if (this.#isLocal(datagram.destination)) return this.#deliver(datagram)
    const route = this.#routes.lookup(datagram.destination)
    if (route) this.#depart(route, datagram, packet)
    else this.#lose('no route')
  }

  #deliver(datagram: Datagram): void {
    const received = readReceived(datagram)
    if (typeof received === 'string') return this.#lose(received)
    const answer = this.#around.take(this.model, received)
    if (answer) this.originate(answer)
  }

  #forward(datagram: Datagram): void {
    if (!isOneHost(datagram.source) || !isOneHost(datagram.destination))
      return this.#lose('address that is not forwarded')
    const route = this.#routes.lookup(datagram.destination)
    if (!route) return this.#fail('no-route', datagram)
    if (datagram.hopLimit <= 1) return this.#fail('hop-limit', datagram)
    this.#depart(route, datagram, forwarded(datagram))
  }

  #depart(route: Route, datagram: Datagram, packet: Uint8Array): void {
    const hop = this.#routes.choose(route, datagram)
    if (!hop) return this.#lose('null route')
    const { end, hooks, headers } = this.#port(hop.interface)
    const header = headers[datagram.family]
    const frame = new Uint8Array(header.length + packet.length)
    frame.set(header)
    frame.set(packet, header.length)
    const passage = hooks.send(frame)
    if (passage.kind === 'drop') return this.#dropped(passage)
    this.#around.transmit(end, passage.frame)
  }

  /** Tells the sender, from the address that the node's own packets to it have. */
  #fail(cause: IcmpCause, about: Datagram): void {
    this.#lose(cause === 'no-route' ? 'no route' : 'hop limit exceeded')
    const route = this.#routes.lookup(about.source)
    const source = route?.source ?? this.model.addresses.find(({ family }) => family === about.family)
    const error = source && icmpError(cause, about, source)
    if (error) this.originate(error)
  }

  #dropped({ by }: Extract<Passage, { kind: 'drop' }>): void {
    this.#lose(`dropped by ${by}`)
  }

  #lose(reason: string): void {
    this.#around.lose(this.model, reason)
  }

  #isLocal({ family, value }: Ip): boolean {
    return this.#local[family].has(value)
  }

  #port(iface: string): Port {
    const port = this.#ports.get(iface)
    if (!port)
      throw new TypeError(`use interface ${iface} of ${this.model.id}: there is none (a bug of Glacis)`)
    return port
  }
}

/** Whether a frame is addressed to the interface, alone or among others. */
function isFor(frame: Uint8Array, { mac }: LinkEnd): boolean {
  if ((frame[0]! & 1) === 1) return true
  return macBytes(mac).every((byte, i) => frame[i] === byte)
}
