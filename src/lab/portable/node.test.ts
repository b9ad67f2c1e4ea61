import { describe, expect, it } from 'vitest'
import type { Node, Route } from '../../model/index.ts'
import { ip, prefix } from '../../net/index.ts'
import { buildFrame, buildPacket, ethernet, type FrameSpec, ipv4, summarize } from '../../wire/index.ts'
import { nodeOf, smallNetwork } from '../testing/small-network.ts'
import { PortableNode } from './node.ts'
import { RouteTable } from './route-table.ts'

const near = { node: 'r', interface: 'a', mac: '02:00:00:00:00:01', linkLocal: ip('fe80::1') }
const far = { node: 'n', interface: 'r', mac: '02:00:00:00:00:02', linkLocal: ip('fe80::2') }
const out = { node: 'r', interface: 'b', mac: '02:00:00:00:00:03', linkLocal: ip('fe80::3') }
const beyond = { node: 'm', interface: 'r', mac: '02:00:00:00:00:04', linkLocal: ip('fe80::4') }

const via = (text: string, iface: string): Route => ({
  prefix: prefix(text),
  nextHops: [{ interface: iface, via: ip('fe80::2') }],
  source: ip('203.0.113.1'),
})
const routes = [
  via('192.0.2.0/24', 'a'),
  via('198.51.100.0/24', 'b'),
  { prefix: prefix('10.0.0.0/8'), nextHops: [] },
]

function node(kind: Node['kind']) {
  const log: string[] = []
  const base = nodeOf(smallNetwork(), 'lab/dr1')
  const model: Node = {
    ...base,
    id: 'r',
    kind,
    addresses: [ip('203.0.113.1')],
    publicAddresses: [ip('203.0.113.2')],
  }
  const result = new PortableNode(model, new RouteTable('r', routes), {
    transmit: (end, frame) => void log.push(`${end.interface}: ${summarize(frame)}`),
    take: (_, { headers }) => {
      log.push(`taken: ${headers.destinationPort}`)
      return undefined
    },
    lose: (_, reason) => void log.push(`lost: ${reason}`),
  })
  result.addPort(near, far)
  result.addPort(out, beyond)
  return { result, log }
}

const frame = (to: string, change: Partial<FrameSpec['ip']> = {}, destination = near.mac): Uint8Array =>
  buildFrame({
    ethernet: { source: far.mac, destination },
    ip: { source: ip('192.0.2.1'), destination: ip(to), ...change },
    udp: { sourcePort: 1, destinationPort: 2 },
  })

const receive = (kind: Node['kind'], bytes: Uint8Array): string[] => {
  const { result, log } = node(kind)
  result.receive('a', bytes)
  return log
}

describe('node', () => {
  it('takes what is for its addresses, a balancer not what is for its egress addresses', () => {
    expect(receive('access-router', frame('203.0.113.1'))).toEqual(['taken: 2'])
    expect(receive('access-router', frame('203.0.113.2'))).toEqual(['taken: 2'])
    expect(receive('balancer', frame('203.0.113.2'))[0]).toBe('lost: no route')
  })
  it('forwards with the hardware addresses of the next cable, one hop less, and a header checksum that holds', () => {
    const sent: Uint8Array[] = []
    const { result } = node('isp')
    const router = new PortableNode(result.model, new RouteTable('r', routes), {
      transmit: (_, bytes) => void sent.push(bytes),
      take: () => undefined,
      lose: () => undefined,
    })
    router.addPort(near, far)
    router.addPort(out, beyond)
    router.receive('a', frame('198.51.100.1'))
    const link = ethernet.check(sent[0]!)!
    expect(link).toMatchObject({ source: out.mac, destination: beyond.mac })
    expect(ipv4.check(link.payload)).toMatchObject({ hopLimit: 63, checksumHolds: true })
  })
  it('does not forward unless it is a router', () => {
    expect(receive('vm', frame('198.51.100.1'))).toEqual(['lost: packet for another machine'])
  })
  it('tells the sender that the hop limit is exceeded, or that there is no way; of a null route nothing', () => {
    expect(receive('isp', frame('198.51.100.1', { hopLimit: 1 }))).toEqual([
      'lost: hop limit exceeded',
      expect.stringContaining('a: IP 203.0.113.1 > 192.0.2.1: ICMP time exceeded'),
    ])
    expect(receive('isp', frame('8.8.8.8'))).toEqual([
      'lost: no route',
      expect.stringContaining('a: IP 203.0.113.1 > 192.0.2.1: ICMP'),
    ])
    expect(receive('isp', frame('10.0.0.1'))).toEqual(['lost: null route'])
  })
  it('ignores what is not for its hardware address, is no IP, or goes to many', () => {
    expect(receive('isp', frame('198.51.100.1', {}, far.mac))).toEqual(['lost: frame for another machine'])
    const arp = ethernet.emit(
      { source: far.mac, destination: near.mac, etherType: 0x0806 },
      new Uint8Array(28),
    )
    expect(receive('isp', arp)).toEqual(['lost: no IP packet'])
    expect(receive('isp', frame('224.0.0.1'))).toEqual(['lost: address that is not forwarded'])
    const damaged = frame('198.51.100.1')
    damaged[14 + 8]! ^= 1
    expect(receive('isp', damaged)).toEqual(['lost: no IP packet'])
  })
  it('reaches itself by the loopback', () => {
    const { result, log } = node('vm')
    const own = ip('203.0.113.1')
    result.originate(
      buildPacket({ ip: { source: own, destination: own }, udp: { sourcePort: 1, destinationPort: 5 } }),
    )
    expect(log).toEqual(['taken: 5'])
  })
})
