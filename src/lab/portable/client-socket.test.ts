import { describe, expect, it } from 'vitest'
import { ip } from '../../net/index.ts'
import type { Opening } from '../../trace/index.ts'
import { buildPacket, type FrameSpec, tcp } from '../../wire/index.ts'
import { ClientSocket } from './client-socket.ts'
import { type Datagram, readDatagram } from './datagram.ts'
import { icmpError } from './icmp-error.ts'
import { type Received, readReceived } from './received.ts'

const { syn, ack, rst } = tcp.Flag
const payload = Uint8Array.of(1, 2, 3)
const client = ip('192.0.2.1')
const server = ip('192.0.2.2')
const opening: Opening = {
  from: 'a',
  source: client,
  destination: server,
  protocol: 'tcp',
  sourcePort: 4000,
  destinationPort: 80,
}

function sent(protocol: Opening['protocol']): { readonly socket: ClientSocket; readonly packet: Datagram } {
  const socket = new ClientSocket({ ...opening, protocol })
  return { socket, packet: readDatagram(socket.packet(payload))! }
}

const received = (packet: Uint8Array): Received => readReceived(readDatagram(packet)!) as Received
const reply = (transport: Omit<FrameSpec, 'ip'>, source = server): Received =>
  received(buildPacket({ ip: { source, destination: client }, ...transport }))
const ports = { sourcePort: 80, destinationPort: 4000 }

describe('client socket', () => {
  const acknowledgement = tcp.check(sent('tcp').packet.payload)!.sequence + 1
  it.each([
    ['SYN and ACK', syn | ack, acknowledgement, 'answered'],
    ['a reset', rst | ack, acknowledgement, 'refused'],
    ['a reset of something else', rst | ack, acknowledgement + 1, undefined],
    ['a lone ACK', ack, acknowledgement, undefined],
    ['a lone SYN', syn, acknowledgement, undefined],
  ])('TCP: %s', (_, flags, acknowledgement, outcome) => {
    const { socket } = sent('tcp')
    expect(socket.hear(reply({ tcp: { ...ports, flags, acknowledgement } }))).toBe(true)
    expect(socket.heard?.outcome).toBe(outcome)
  })
  it('UDP: any datagram from there', () => {
    const { socket } = sent('udp')
    expect(socket.hear(reply({ udp: ports, payload }))).toBe(true)
    expect(socket.heard).toEqual({ outcome: 'answered', detail: '3 bytes back' })
  })
  it('ICMP: the reply with its identifier', () => {
    const { socket } = sent('icmp')
    const echo = { identifier: 4000, sequence: 1, data: payload }
    expect(socket.hear(reply({ icmp: { kind: 'echo-request', ...echo } }))).toBe(false)
    expect(socket.hear(reply({ icmp: { kind: 'echo-reply', ...echo, identifier: 1 } }))).toBe(false)
    expect(socket.hear(reply({ icmp: { kind: 'echo-reply', ...echo } }))).toBe(true)
    expect(socket.heard?.outcome).toBe('answered')
  })
  it('hears only what comes from where it sent to', () => {
    const { socket } = sent('udp')
    for (const other of [
      reply({ udp: ports, payload }, ip('192.0.2.3')),
      reply({ udp: { ...ports, sourcePort: 81 }, payload }),
      reply({ udp: { ...ports, destinationPort: 4001 }, payload }),
      reply({ tcp: ports }),
    ])
      expect(socket.hear(other)).toBe(false)
    expect(socket.heard).toBeUndefined()
  })

  const error = (cause: 'port-unreachable' | 'no-route', about: Datagram) =>
    received(icmpError(cause, about, ip('192.0.2.254'))!)
  it.each(['tcp', 'udp', 'icmp'] as const)('%s: hears errors about what it sent', (protocol) => {
    const { socket, packet } = sent(protocol)
    expect(socket.hear(error('port-unreachable', sent(protocol === 'tcp' ? 'udp' : 'tcp').packet))).toBe(
      false,
    )
    expect(socket.hear(error('no-route', packet))).toBe(true)
    expect(socket.heard).toEqual({ outcome: 'silent', detail: 'ICMP type 3 code 0' })
    expect(socket.hear(error('port-unreachable', packet))).toBe(true)
    expect(socket.heard).toEqual({ outcome: 'refused', detail: 'ICMP port unreachable' })
  })
  it('keeps to what it heard first', () => {
    const { socket, packet } = sent('udp')
    socket.hear(error('port-unreachable', packet))
    socket.hear(reply({ udp: ports, payload }))
    expect(socket.heard?.outcome).toBe('refused')
  })
})
