/** Packets between what two networks call the same, and what becomes of them in each. */
import { localAddresses } from '../../../src/model/index.ts'
import { type Family, type Ip, icmpOf, ip, ipEquals, Protocol } from '../../../src/net/index.ts'
import { WorldState, walk } from '../../../src/trace/index.ts'
import type { Source } from '../../../src/verify/change/cells.ts'
import type { Side } from '../../../src/verify/change/side.ts'
import type { Target } from '../../../src/verify/change/target.ts'
import type { IpHeaders } from '../../../src/wire/index.ts'
import { pick, type Random } from '../../support/random.ts'

/** A packet but for the addresses of those that both networks know by name. */
export type Content = Omit<IpHeaders, 'source' | 'destination'>

const ports = [22, 25, 53, 80, 443, 444, 1688, 5140, 7443, 7500, 7600, 8000, 8080, 8443, 9000, 9001]

export function randomContent(random: Random): Content {
  const family = pick([4, 6] as const, random)
  const protocol = pick([Protocol.tcp, Protocol.tcp, Protocol.tcp, Protocol.udp, icmpOf(family), 47], random)
  const port = () => (random(8) === 0 ? random(65_536) : pick(ports, random))
  const ported = protocol === Protocol.tcp || protocol === Protocol.udp
  const icmp = protocol === icmpOf(family)
  return {
    kind: 'ip',
    family,
    protocol,
    hopLimit: 64,
    sourcePort: ported ? (random(3) === 0 ? port() : 49_152 + random(16_000)) : icmp ? random(65_536) : 0,
    destinationPort: ported ? port() : 0,
    tcpFlags: protocol === Protocol.tcp ? pick([2, 2, 2, 16, 18, 4], random) : 0,
    icmpType: icmp ? (family === 4 ? 8 : 128) : 0,
    icmpCode: 0,
  }
}

export interface Question {
  readonly sender: string
  readonly source: Source
  readonly key: string
  readonly target: Target
  readonly content: Content
  /** Where it is not the sender's own. */
  readonly from: Ip
  /** Where the target is outside. */
  readonly to: Ip
}

/** The packet in the words of a network; `undefined`, if it has no such sender or target. */
export function packetOf(
  side: Side,
  { sender, source, key, target, content, from, to }: Question,
): IpHeaders | undefined {
  const ofFamily = (addresses: readonly Ip[] = []) =>
    addresses.find(({ family }) => family === content.family)
  const node = side.node(sender)
  const own = source === 'own' ? ofFamily(node?.addresses) : from
  const there = target.kind === 'outside' ? to : ofFamily(side.targets.get(key)?.addresses)
  return node && own && there ? { ...content, source: own, destination: there } : undefined
}

/** Whether a packet comes to its target; `undefined`: a balancer chose another machine for it. */
export function arrives(side: Side, question: Question): boolean | undefined {
  const packet = packetOf(side, question)
  if (!packet) return false
  const { target, sender } = question
  const paths = walk(side.world, new WorldState(), sender, packet)
  if (target.kind === 'vip') {
    const [last] = paths.map((path) => path.packet.destination)
    const chosen = side.network.nodes.find(
      (node) => last && localAddresses(node).some((own) => ipEquals(own, last)),
    )
    if (chosen && chosen.id !== target.node) return undefined
  }
  return paths.some(({ end, hops }) => {
    if (end.kind === 'delivered')
      return 'node' in target
        ? end.node === target.node
        : target.kind === 'host-service' || end.node === 'internet'
    return (
      target.kind === 'outside' &&
      end.kind === 'no-route' &&
      end.node === 'internet' &&
      !end.route &&
      hops.length > 1
    )
  })
}

export const outsideAddresses: Readonly<Record<Family, readonly Ip[]>> = {
  4: [ip('192.0.2.1'), ip('8.8.8.8'), ip('100.100.0.1')],
  6: [ip('2001:db8:ffff::1'), ip('2606:4700::1')],
}
