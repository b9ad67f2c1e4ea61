/**
 * Frames as a machine behind a port sends them: with its own hardware address, and now and then ARP and neighbour discovery;
 * each of them now and then with somebody else's address where its own belongs.
 */
import { Ip, ip, ipBytes, type Mac, macBytes } from '../../net/index.ts'
import type { Point } from '../../policy/index.ts'
import { arp, ethernet, icmp6, ipv6, OptionType } from '../../wire/index.ts'
import type { Draw } from './draw.ts'
import { join } from './draw-frame.ts'
import { drawAddress, type Pool } from './pool.ts'

/** Of the machine behind the ports of random points. */
export const ownMac: Mac = '02:00:00:00:00:01'
export const ownLinkLocal = Ip(6, (0xfe80n << 112n) | 0x00ff_fe00_0001n)

export interface Machine {
  /** Whether the point that judges its frames guards a port. */
  readonly port: boolean
  readonly mac: Mac
  readonly linkLocal: Ip
  readonly own: Pool['own']
}

/** Who sends what a point judges. */
export function sender({ tiers }: Point, { own }: Pool): Machine {
  const tier = tiers.find((candidate) => candidate.kind === 'port')
  if (!tier) return { port: false, mac: ownMac, linkLocal: ownLinkLocal, own }
  const { mac, linkLocal } = tier
  return { port: true, mac, linkLocal, own }
}

/** The frame with the machine's hardware address as its source, or nearly. */
export function sentBy(d: Draw, { mac }: Machine, frame: Uint8Array): Uint8Array {
  const copy = frame.slice()
  if (copy.length >= ethernet.field.etherType) copy.set(bytesNear(d, mac), ethernet.field.source)
  return copy
}

/** ARP or neighbour discovery. */
export function drawLinkFrame(d: Draw, pool: Pool, machine: Machine): Uint8Array {
  return sentBy(d, machine, d.chance(45) ? drawArp(d, pool, machine) : drawDiscovery(d, pool, machine))
}

/** The six bytes of a hardware address, seldom with one bit turned. */
function bytesNear(d: Draw, mac: Mac): Uint8Array {
  const bytes = macBytes(mac)
  if (d.chance(4)) bytes[d.below(6)]! ^= 1 << d.below(8)
  return bytes
}

const ethernetTo = (etherType: number, payload: Uint8Array): Uint8Array =>
  ethernet.emit({ source: ownMac, destination: 'ff:ff:ff:ff:ff:ff', etherType }, payload)

const unspecified = { 4: Ip(4, 0n), 6: Ip(6, 0n) } as const

function drawArp(d: Draw, pool: Pool, { mac, own }: Machine): Uint8Array {
  const address = (): Ip => (d.chance(60) ? own[4] : d.chance(50) ? unspecified[4] : drawAddress(d, pool, 4))
  const packet = arp.emit({
    operation: d.chance(90) ? d.pick([1, 2]) : d.pick([0, 3, 4, 8, 256]),
    senderMac: mac,
    senderIp: address(),
    targetMac: '00:00:00:00:00:00',
    targetIp: address(),
  })
  packet.set(bytesNear(d, mac), arp.field.senderMac)
  if (d.chance(8)) packet[d.below(arp.field.operation)]! ^= 1 << d.below(8)
  const padded = join(packet, new Uint8Array(d.pick([0, 18])))
  return ethernetTo(ethernet.EtherType.arp, d.chance(4) ? padded.subarray(0, d.below(30)) : padded)
}

/** Solicited-node multicast, all nodes, all routers, one neighbour. */
const places = ['ff02::1:ff00:2', 'ff02::1', 'ff02::2', 'fe80::2'] as const

function drawDiscovery(d: Draw, pool: Pool, machine: Machine): Uint8Array {
  const type = d.chance(88)
    ? d.pick([
        icmp6.Type.neighbourSolicitation,
        icmp6.Type.neighbourAdvertisement,
        icmp6.Type.routerSolicitation,
      ])
    : d.pick([icmp6.Type.routerAdvertisement, icmp6.Type.redirect])
  const address = (): Ip =>
    d.chance(80)
      ? d.pick([machine.own[6], machine.own[6], machine.linkLocal])
      : d.chance(50)
        ? unspecified[6]
        : besides(d, d.pick([machine.linkLocal, drawAddress(d, pool, 6)]))
  const source = address()
  const destination = ip(d.pick(places))
  const rest =
    type === icmp6.Type.routerSolicitation ? new Uint8Array(4) : join(d.bytes(4), ipBytes(address()))
  const options = d.several(d.pick([0, 1, 1, 1, 2, 2, 3]), () => drawOption(d, type, machine.mac))
  const body = join(rest, ...options, d.bytes(d.chance(4) ? d.between(1, 9) : 0))
  const cut = d.chance(5) ? body.subarray(0, Math.max(4, d.below(body.length))) : body
  const message = icmp6.emit({ kind: 'other', type, code: 0, body: cut }, { source, destination })
  const header = { source, destination, hopLimit: 255, trafficClass: 0, flowLabel: 0, nextHeader: 58 }
  return ethernetTo(ethernet.EtherType.ipv6, ipv6.emit(header, message))
}

function drawOption(d: Draw, type: number, mac: Mac): Uint8Array {
  const wanted =
    type === icmp6.Type.neighbourAdvertisement ? OptionType.targetLinkLayer : OptionType.sourceLinkLayer
  const kind = d.chance(65) ? wanted : d.chance(60) ? OptionType.nonce : d.pick([1, 2, 3, 5, d.below(256)])
  return join(Uint8Array.of(kind, d.chance(95) ? 1 : d.pick([0, 2, 3])), bytesNear(d, mac))
}

/** The address, or one that differs in a bit. */
const besides = (d: Draw, { value }: Ip): Ip =>
  Ip(6, value ^ (d.chance(50) ? 1n << BigInt(d.below(128)) : 0n))
