/** The client's end of an opening: the first packet, and what it makes of what comes back, as a socket does. */
import { ipEquals, Protocol } from '../../net/index.ts'
import { type Opening, type Outcome, openingPacket } from '../../trace/index.ts'
import { buildPacket, type FrameSpec, type IpHeaders, icmp, icmp6, tcp, udp } from '../../wire/index.ts'
import { portUnreachable } from './icmp-error.ts'
import type { Received } from './received.ts'

export interface Heard {
  readonly outcome: Outcome
  readonly detail: string
}

const initialSequence = 0x1000

export class ClientSocket {
  readonly #sent: IpHeaders
  /** The first thing heard that says how the opening ended, or failing that the first hint. */
  heard?: Heard

  constructor(opening: Opening) {
    this.#sent = openingPacket(opening)
  }

  /** From the IP header on. `payload` is what a datagram carries. */
  packet(payload: Uint8Array): Uint8Array {
    const { source, destination, protocol, sourcePort, destinationPort } = this.#sent
    const ports = { sourcePort, destinationPort }
    const transport: Omit<FrameSpec, 'ip'> =
      protocol === Protocol.tcp
        ? { tcp: { ...ports, sequence: initialSequence } }
        : protocol === Protocol.udp
          ? { udp: ports, payload }
          : { icmp: { kind: 'echo-request', identifier: sourcePort, sequence: 1, data: payload } }
    return buildPacket({ ip: { source, destination }, ...transport })
  }

  /** True if the packet is about what this socket sent; it is then not for anybody else on the machine. */
  hear(received: Received): boolean {
    const { headers } = received
    const mine = headers.quoted ? this.#isQuoted(headers) : this.#isReply(headers)
    const heard = mine && (headers.quoted ? readError(received) : this.#readReply(received))
    if (heard && (!this.heard || this.heard.outcome === 'silent')) this.heard = heard
    return mine
  }

  #isReply(reply: IpHeaders): boolean {
    const sent = this.#sent
    return (
      reply.protocol === sent.protocol &&
      ipEquals(reply.source, sent.destination) &&
      ipEquals(reply.destination, sent.source) &&
      reply.sourcePort === sent.destinationPort &&
      reply.destinationPort === sent.sourcePort
    )
  }

  #isQuoted({ quoted }: IpHeaders): boolean {
    const sent = this.#sent
    return (
      quoted !== undefined &&
      quoted.protocol === sent.protocol &&
      ipEquals(quoted.source, sent.source) &&
      ipEquals(quoted.destination, sent.destination) &&
      quoted.sourcePort === sent.sourcePort &&
      quoted.destinationPort === sent.destinationPort
    )
  }

  #readReply({ datagram, headers }: Received): Heard | undefined {
    if (headers.protocol === Protocol.tcp) return readSegment(tcp.check(datagram.payload))
    if (headers.protocol === Protocol.udp)
      return { outcome: 'answered', detail: `${udp.check(datagram.payload)?.payload.length} bytes back` }
    const codec = headers.family === 4 ? icmp : icmp6
    return headers.icmpType === codec.Type.echoReply
      ? { outcome: 'answered', detail: 'echo reply' }
      : undefined
  }
}

/** Only what acknowledges our SYN (RFC 9293 section 3.10.7.3). */
function readSegment(view: tcp.View | undefined): Heard | undefined {
  const { syn, rst, ack } = tcp.Flag
  if (!view || (view.flags & ack) === 0 || view.acknowledgement !== initialSequence + 1) return undefined
  if ((view.flags & rst) !== 0) return { outcome: 'refused', detail: 'TCP reset' }
  return (view.flags & syn) !== 0 ? { outcome: 'answered', detail: 'TCP SYN and ACK' } : undefined
}

/** Only "nothing listens there" is a refusal by the machine; other errors say that it was not reached. */
function readError({ headers: { family, icmpType: type, icmpCode: code } }: Received): Heard {
  const unreachable = family === 4 ? icmp.Type.unreachable : icmp6.Type.unreachable
  if (type === unreachable && code === portUnreachable[family])
    return { outcome: 'refused', detail: 'ICMP port unreachable' }
  return { outcome: 'silent', detail: `ICMP type ${type} code ${code}` }
}
