/** Packets that visit a filter: connections both ways, errors about them, strays, and frames that are no packets. */
import { type Family, Ip, Protocol } from '../../net/index.ts'
import { type Flow, handshakeWindow, type Point } from '../../policy/index.ts'
import { type IpHeaders, icmpErrors, neighbourDiscovery, type QuotedFlow } from '../../wire/index.ts'
import type { Draw } from './draw.ts'
import { drawFrame, spoil } from './draw-frame.ts'
import { drawLinkFrame, sender, sentBy } from './draw-link-frame.ts'
import type { Step } from './point-runner.ts'
import { drawAddress, drawPort, otherProtocols, type Pool } from './pool.ts'

export function drawFilterStep(d: Draw, pool: Pool, points: readonly Point[], waits: boolean): Step {
  const heading = d.pick(['from-local', 'to-local'] as const)
  const stateful = points.some(({ flow }) => flow)
  const fitting = points.flatMap(({ flow }, index) => (flow?.heading === heading ? [index] : []))
  const index = fitting.length > 0 && d.chance(88) ? d.pick(fitting) : d.below(points.length)
  const machine = sender(points[index] as Point, pool)
  const headers = d.chance(stateful ? 75 : 30) ? ofFlow(d, pool, heading) : anyHeaders(d, pool)
  const frame =
    machine.port && d.chance(25) ? drawLinkFrame(d, pool, machine) : sentBy(d, machine, drawFrame(d, headers))
  return {
    point: index,
    frame: d.chance(8) ? spoil(d, frame) : frame,
    ...(waits && d.chance(4) && { wait: d.pick(waitsNearTimeouts) }),
  }
}

const second = 1_000_000_000n
export const waitsNearTimeouts = [10n, 30n, 60n, 120n, 900n]
  .flatMap((s) => [s * second - 1n, s * second])
  .concat(1n, 15n * second, 450n * second)

/** A packet of one of the pool's flows in a direction, or an error about one. */
function ofFlow(d: Draw, pool: Pool, heading: 'from-local' | 'to-local'): IpHeaders {
  const flow = vary(d, pool, d.pick(pool.flows))
  const ends = endsOf(flow, heading)
  if (!d.chance(22)) return packetOf(d, ends)
  // An error goes against the packet that it quotes, to the machine that sent it, from any router on the way.
  const quoted = endsOf(flow, heading === 'from-local' ? 'to-local' : 'from-local')
  const source = d.chance(50) ? quoted.destination : drawAddress(d, pool, quoted.source.family)
  return errorAbout(d, d.chance(92) ? quoted : ends, source)
}

/** Now and then another connection between the same machines. */
function vary(d: Draw, pool: Pool, flow: Flow): Flow {
  if (!d.chance(10)) return flow
  return flow.localPort > 0
    ? { ...flow, localPort: drawPort(d, pool) }
    : { ...flow, remotePort: drawPort(d, pool) }
}

const endsOf = ({ local, remote, protocol, localPort, remotePort }: Flow, heading: string): QuotedFlow =>
  heading === 'from-local'
    ? { source: local, destination: remote, protocol, sourcePort: localPort, destinationPort: remotePort }
    : { source: remote, destination: local, protocol, sourcePort: remotePort, destinationPort: localPort }

/** Numbers of echo by family. */
const echo = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const

/** A packet with these ends. Identifiers of echo are its ports. */
export function packetOf(d: Draw, ends: QuotedFlow): IpHeaders {
  const { family } = ends.source
  const headers = {
    kind: 'ip' as const,
    family,
    ...ends,
    hopLimit: d.pick([64, 255, 1, 0]),
    tcpFlags: 0,
    icmpType: 0,
    icmpCode: 0,
  }
  if (ends.protocol === Protocol.tcp)
    return { ...headers, tcpFlags: d.chance(88) ? d.pick(usualFlags) : anyFlags(d), ...numbers(d) }
  if (!isIcmp(family, ends.protocol)) return headers
  const { request, reply } = echo[family]
  const icmpType = ends.sourcePort > 0 ? request : ends.destinationPort > 0 ? reply : d.pick([request, reply])
  return { ...headers, icmpType }
}

/** Of TCP: mostly such as fit those of any other packet; else beside what fits, or where numbers wrap. */
function numbers(d: Draw): Pick<IpHeaders, 'tcpSequence' | 'tcpAcknowledgement'> {
  const tcpSequence = d.chance(80) ? 0 : d.pick([1, 0x7fffffff, 0xffffffff, handshakeWindow])
  if (d.chance(80)) return { tcpSequence, tcpAcknowledgement: 1 }
  const heard = d.pick([0, 1, 0x7fffffff, 0xffffffff, handshakeWindow])
  const beyond = d.pick([0, 1, 2, handshakeWindow, handshakeWindow + 1])
  return { tcpSequence, tcpAcknowledgement: (heard + beyond) >>> 0 }
}

export function errorAbout(d: Draw, quoted: QuotedFlow, source: QuotedFlow['source']): IpHeaders {
  const { family } = source
  return {
    kind: 'ip',
    family,
    source,
    destination: quoted.source,
    protocol: family === 4 ? Protocol.icmp : Protocol.icmp6,
    hopLimit: 64,
    sourcePort: 0,
    destinationPort: 0,
    tcpFlags: 0,
    icmpType: d.pick(icmpErrors[family]),
    icmpCode: d.pick([0, 1, 3, 4]),
    quoted,
  }
}

/** Talk on a link, and what differs from it in one thing. */
function nearDiscovery(d: Draw, pool: Pool): IpHeaders {
  const destination = Ip(
    6,
    d.chance(85) ? d.pick(onLink) | BigInt(d.below(3)) : drawAddress(d, pool, 6).value,
  )
  const ends = { source: drawAddress(d, pool, 6), destination, protocol: Protocol.icmp6 }
  return {
    ...packetOf(d, { ...ends, sourcePort: 0, destinationPort: 0 }),
    hopLimit: d.chance(85) ? neighbourDiscovery.hopLimit : d.pick([254, 64, 0]),
    icmpType: d.chance(85)
      ? d.between(neighbourDiscovery.first, neighbourDiscovery.last)
      : d.pick([132, 138]),
    icmpCode: d.chance(90) ? neighbourDiscovery.code : 1,
  }
}

/** Ends of the link-local prefixes fe80::/10 and ff02::/16, and what lies beside them. */
const onLink = [0xfe80n, 0xfe80n, 0xfebfn, 0xff02n, 0xff02n, 0xfe7fn, 0xfec0n, 0xff01n, 0xff03n, 0xff00n].map(
  (high) => high << 112n,
)

function anyHeaders(d: Draw, pool: Pool): IpHeaders {
  if (d.chance(6)) return nearDiscovery(d, pool)
  const family = d.pick([4, 6] as const)
  const [source, destination] = [drawAddress(d, pool, family), drawAddress(d, pool, family)]
  const icmp = family === 4 ? Protocol.icmp : Protocol.icmp6
  const protocol = d.chance(85)
    ? d.pick([Protocol.tcp, Protocol.tcp, Protocol.udp, icmp])
    : d.pick(otherProtocols)
  const ends = { source, destination, protocol, sourcePort: 0, destinationPort: 0 }
  if (protocol === Protocol.tcp || protocol === Protocol.udp) {
    const ports = { sourcePort: drawPort(d, pool), destinationPort: drawPort(d, pool) }
    return { ...packetOf(d, { ...ends, ...ports }), tcpFlags: protocol === Protocol.tcp ? anyFlags(d) : 0 }
  }
  if (protocol !== icmp) return packetOf(d, ends)
  if (d.chance(25))
    return errorAbout(d, { ...ends, protocol: Protocol.udp, ...d.pick([{}, { sourcePort: 9 }]) }, source)
  return { ...packetOf(d, ends), icmpType: d.pick(otherTypes[family]), icmpCode: d.pick([0, 0, 1, 3, 255]) }
}

const otherTypes: Readonly<Record<Family, readonly number[]>> = {
  4: [8, 0, 3, 11, 12, 13, 5],
  6: [128, 129, 1, 2, 3, 4, 133, 135, 137],
}

/** What connections are made of, as often as it leads far: SYN; SYN and ACK; ACK; FIN; RST. */
const usualFlags = [0x02, 0x02, 0x02, 0x12, 0x12, 0x10, 0x18, 0x10, 0x11, 0x14]

const anyFlags = (d: Draw): number =>
  d.pick([0x02, 0x12, 0x10, 0x18, 0x04, 0x14, 0x11, 0, 0xc2, d.below(256)])

const isIcmp = (family: Family, protocol: number): boolean =>
  protocol === (family === 4 ? Protocol.icmp : Protocol.icmp6)
