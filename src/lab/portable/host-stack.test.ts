import { describe, expect, it } from 'vitest'
import { zoneOf } from '../../dns/index.ts'
import type { Listener } from '../../model/index.ts'
import { ip, Protocol } from '../../net/index.ts'
import { buildPacket, type FrameSpec, type IpHeaders, tcp } from '../../wire/index.ts'
import { nameQuery } from '../name-query.ts'
import { smallNetwork } from '../testing/small-network.ts'
import { readDatagram } from './datagram.ts'
import { answerTo } from './host-stack.ts'
import { type Received, readReceived } from './received.ts'

const zone = zoneOf(smallNetwork())
const listeners: readonly Listener[] = [
  { name: 'web', protocol: 'tcp', port: 80, application: 'http' },
  { name: 'dns', protocol: 'udp', port: 53, application: 'dns' },
  { name: 'echo', protocol: 'udp', port: 7, application: 'echo' },
]
const addresses = {
  4: { source: ip('192.0.2.1'), destination: ip('192.0.2.2') },
  6: { source: ip('2001:db8::1'), destination: ip('2001:db8::2') },
}
const { syn, ack, rst, fin } = tcp.Flag

/** What the machine answers, as its receiver reads it: checksums verified. */
function answered(family: 4 | 6, transport: Omit<FrameSpec, 'ip'>): Received | undefined {
  const received = readReceived(readDatagram(buildPacket({ ip: addresses[family], ...transport }))!)
  if (typeof received === 'string') throw new TypeError(received)
  const answer = answerTo({ listeners, zone }, received)
  if (!answer) return undefined
  const back = readReceived(readDatagram(answer)!)
  if (typeof back === 'string') throw new TypeError(`the answer is noise: ${back}`)
  expect(back.headers).toMatchObject({
    source: addresses[family].destination,
    destination: addresses[family].source,
  } satisfies Partial<IpHeaders>)
  return back
}

describe.each([4, 6] as const)('host over IPv%i', (family) => {
  const segment = (destinationPort: number, flags: number, more: Partial<tcp.Header> = {}) => ({
    tcp: { sourcePort: 9, destinationPort, flags, sequence: 0xffffffff, acknowledgement: 77, ...more },
  })
  it.each([
    ['a SYN to a listener', 80, syn, { flags: syn | ack, acknowledgement: 0 }],
    ['a SYN to no listener', 81, syn, { flags: rst | ack, sequence: 0, acknowledgement: 0 }],
    ['an ACK of no connection', 80, ack, { flags: rst, sequence: 77 }],
    ['an answer that nobody asked for', 81, syn | ack, { flags: rst, sequence: 77 }],
    ['a FIN to no listener', 81, fin, { flags: rst | ack, acknowledgement: 0 }],
  ])('TCP: %s', (_, port, flags, expected) => {
    const back = answered(family, segment(port, flags))
    expect(tcp.check(back!.datagram.payload)).toMatchObject({
      ...expected,
      sourcePort: port,
      destinationPort: 9,
    })
  })
  it('TCP: keeps silent about resets, and about FINs to a listener', () => {
    expect(answered(family, segment(81, rst | ack))).toBeUndefined()
    expect(answered(family, segment(80, fin))).toBeUndefined()
  })

  const ports = (destinationPort: number) => ({ sourcePort: 9, destinationPort })
  it('UDP: echoes, answers names, and says where nobody listens', () => {
    const payload = Uint8Array.of(1, 2, 3)
    const echo = answered(family, { udp: ports(7), payload })
    expect(echo?.datagram.payload.subarray(8)).toEqual(payload)
    const names = answered(family, { udp: ports(53), payload: nameQuery(zone.apex) })
    expect(names?.headers).toMatchObject({ sourcePort: 53, destinationPort: 9 })
    expect(answered(family, { udp: ports(53), payload })).toBeUndefined()
    expect(answered(family, { udp: ports(80), payload })?.headers.quoted).toMatchObject({
      destinationPort: 80,
    })
  })
  it('ICMP: answers echo requests, nothing else', () => {
    const echo = { identifier: 5, sequence: 1, data: Uint8Array.of(4) }
    const back = answered(family, { icmp: { kind: 'echo-request', ...echo } })
    expect(back?.headers.destinationPort).toBe(5)
    expect(answered(family, { icmp: { kind: 'echo-reply', ...echo } })).toBeUndefined()
  })
  it('answers no other protocol', () => {
    const packet = buildPacket({ ip: { ...addresses[family], protocol: 47 }, payload: new Uint8Array(8) })
    const received = readReceived(readDatagram(packet)!) as Received
    expect(answerTo({ listeners, zone }, received)).toBeUndefined()
  })
  it.each([Protocol.tcp, Protocol.udp, family === 4 ? Protocol.icmp : Protocol.icmp6])(
    'takes a packet of protocol %i with a wrong checksum for noise',
    (protocol) => {
      const transport =
        protocol === Protocol.tcp
          ? segment(80, syn)
          : protocol === Protocol.udp
            ? { udp: ports(7), payload: new Uint8Array(4) }
            : { icmp: { kind: 'echo-request' as const, identifier: 1, sequence: 1, data: new Uint8Array(4) } }
      const packet = buildPacket({ ip: addresses[family], ...transport })
      packet[packet.length - 1]! ^= 1
      expect(readReceived(readDatagram(packet)!)).toBe('wrong checksum')
    },
  )
})
