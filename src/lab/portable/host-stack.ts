/**
 * What a machine answers by itself to a packet for it: TCP by its listeners, UDP by its echo and name servers, echo requests. It
 * keeps no connections: a handshake is answered, and what belongs to no connection is reset (RFC 9293 section 3.10.7).
 */
import { answer, type Zone } from '../../dns/index.ts'
import { type Listener, listenerAt } from '../../model/index.ts'
import { Protocol } from '../../net/index.ts'
import { buildPacket, type FrameSpec, icmp, icmp6, tcp, udp } from '../../wire/index.ts'
import type { Datagram } from './datagram.ts'
import { icmpError } from './icmp-error.ts'
import type { Received } from './received.ts'

export interface HostStack {
  readonly listeners: readonly Listener[]
  /** What its name server answers from. */
  readonly zone: Zone
}

/** The packet with which the machine answers; `undefined`: it keeps silent. */
export function answerTo(stack: HostStack, { datagram }: Received): Uint8Array | undefined {
  switch (datagram.protocol) {
    case Protocol.tcp:
      return answerTcp(stack, datagram)
    case Protocol.udp:
      return answerUdp(stack, datagram)
    case Protocol.icmp:
    case Protocol.icmp6:
      return answerEcho(datagram)
    default:
      return undefined
  }
}

/** Back to where the packet came from. */
const reply = ({ source, destination }: Datagram, transport: Omit<FrameSpec, 'ip'>): Uint8Array =>
  buildPacket({ ip: { source: destination, destination: source }, ...transport })

/** Any number does: nothing is sent after it. */
const initialSequence = 0x676c6163

function answerTcp({ listeners }: HostStack, datagram: Datagram): Uint8Array | undefined {
  const view = tcp.check(datagram.payload)
  if (!view || (view.flags & tcp.Flag.rst) !== 0) return undefined
  const { fin, syn, rst, ack } = tcp.Flag
  const ports = { sourcePort: view.destinationPort, destinationPort: view.sourcePort }
  const send = (sequence: number, acknowledgement: number, flags: number) =>
    reply(datagram, { tcp: { ...ports, sequence, acknowledgement, flags } })
  if ((view.flags & ack) !== 0) return send(view.acknowledgement, 0, rst)
  const controls = Number((view.flags & syn) !== 0) + Number((view.flags & fin) !== 0)
  const next = (view.sequence + view.payload.length + controls) >>> 0
  const isOpen = listenerAt(listeners, 'tcp', datagram.destination, view.destinationPort) !== undefined
  if (!isOpen) return send(0, next, rst | ack)
  return (view.flags & syn) !== 0 ? send(initialSequence, next, syn | ack) : undefined
}

function answerUdp({ listeners, zone }: HostStack, datagram: Datagram): Uint8Array | undefined {
  const view = udp.check(datagram.payload)
  if (!view) return undefined
  const listener = listenerAt(listeners, 'udp', datagram.destination, view.destinationPort)
  if (!listener) return icmpError('port-unreachable', datagram, datagram.destination)
  const payload = listener.application === 'dns' ? answer(zone, view.payload, 'udp') : view.payload
  const ports = { sourcePort: view.destinationPort, destinationPort: view.sourcePort }
  return payload && reply(datagram, { udp: ports, payload })
}

function answerEcho(datagram: Datagram): Uint8Array | undefined {
  const codec = datagram.family === 4 ? icmp : icmp6
  const view = codec.check(datagram.payload)
  const message = view && codec.parse(view)
  return message?.kind === 'echo-request'
    ? reply(datagram, { icmp: { ...message, kind: 'echo-reply' } })
    : undefined
}
