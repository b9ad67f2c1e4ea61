/** Packets that bear an address which is not the sender's: no socket sends them, so they are written whole to the node's link. */
import { type Namespace, openPacketSocket, type PacketSocket } from '../../kernel/index.ts'
import { type Network, neighboursOf } from '../../model/index.ts'
import { ipEquals } from '../../net/index.ts'
import { createWorld, type Opening, openingPacket, type World } from '../../trace/index.ts'
import { frameOf, type IpHeaders } from '../../wire/index.ts'
import type { KernelNode } from './node.ts'

const filler = new TextEncoder().encode('forged')

export class Forger {
  readonly #network: Network
  readonly #world: World
  readonly #sockets = new Map<string, PacketSocket>()

  constructor(network: Network) {
    this.#network = network
    this.#world = createWorld(network, { points: [] })
  }

  /** Whether an opening bears an address that its node does not have. */
  static forges({ source }: Opening, { node }: KernelNode): boolean {
    return ![...node.addresses, ...node.publicAddresses].some((own) => ipEquals(own, source))
  }

  /**
   * Sends the first packet of an opening. Whatever comes back goes elsewhere.
   * @param payload of a datagram
   */
  open(opening: Opening, from: KernelNode, payload: Uint8Array = filler): void {
    this.send(openingPacket(opening), from, opening.protocol === 'tcp' ? undefined : payload)
  }

  /** Sends a packet by the node's first way to its destination; nothing, if it has none. */
  send(packet: IpHeaders, from: KernelNode, payload?: Uint8Array): void {
    const { node, namespace } = from
    const hop = this.#world.route(node.id, packet.destination)?.nextHops[0]
    const neighbour = neighboursOf(this.#network, node.id).find(
      ({ near }) => near.interface === hop?.interface,
    )
    if (!neighbour) return
    const ethernet = { source: neighbour.near.mac, destination: neighbour.far.mac }
    const frame = frameOf(packet, { ethernet, ...(payload && { payload }) })
    this.#socket(namespace, from.interfaceIndex(neighbour.near.interface)).send(frame)
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close()
    this.#sockets.clear()
  }

  /** Kept until the end: the kernel takes some ten milliseconds to close one. */
  #socket(namespace: Namespace, index: number): PacketSocket {
    const key = `${namespace.inode} ${index}`
    const known = this.#sockets.get(key)
    if (known) return known
    const socket = openPacketSocket(namespace, index)
    this.#sockets.set(key, socket)
    return socket
  }
}
