/** R9, R11–R15: the way in and out, at access routers and balancers. */
import { expect, it } from 'vitest'
import { vipOf } from '../../../src/lab/testing/small-network.ts'
import { neighboursOf, routesOf } from '../../../src/model/index.ts'
import { formatIp, formatPrefix, ip, prefixContains } from '../../../src/net/index.ts'
import { openingPacket } from '../../../src/trace/index.ts'
import { frameOf, readHeaders } from '../../../src/wire/index.ts'
import { describeRow, type Wire } from './lab.ts'

describeRow('R9: access routers isolate the inside, tier by tier, inward and outward', ({ show }) => {
  it('inward: what nobody can send, then what is addressed inside, then all but VIPs', () =>
    show(
      { from: 'internet', to: 'vip:shop', port: 80, outcome: 'answered' },
      {
        from: 'internet',
        as: '203.0.113.77',
        to: 'vip:shop',
        port: 80,
        outcome: 'silent',
        stop: ['access-router', 'source-validation', 'source/bogon'],
      },
      {
        from: 'internet',
        to: 'lab/fc1',
        port: 7500,
        outcome: 'silent',
        stop: ['access-router', 'internal-destinations'],
      },
    ))
  it('infrastructure is not reached from outside, whatever is spoken', () =>
    show(
      ...(['tcp', 'udp', 'icmp'] as const).flatMap((protocol) =>
        ['lab/ns1', 'lab/jump1', 'lab/storage1', 'lab/host1', 'lab/dr1'].map((to) => ({
          from: 'internet',
          to,
          protocol,
          port: protocol === 'icmp' ? 0 : 53,
          outcome: 'silent' as const,
          stop: ['access-router', 'internal-destinations'] as const,
        })),
      ),
    ))
})

describeRow(
  'R11, R12: only balancers take traffic to VIPs, and only to declared ports',
  ({ show, fixture, fabric, opening, wire }) => {
    it('answers on declared VIP, protocol and port, and keeps silent on all others', () =>
      show(
        { from: 'internet', to: 'vip:shop', port: 80, outcome: 'answered' },
        { from: 'internet', to: 'vip:telemetry', protocol: 'udp', port: 5140, outcome: 'answered' },
        { from: 'internet', to: 'vip:names', protocol: 'udp', port: 53, outcome: 'answered' },
        ...[1, 22, 79, 81, 443, 8080, 9000, 65535].map((port) => ({
          from: 'internet',
          to: 'vip:shop',
          port,
          outcome: 'silent' as const,
          stop: ['balancer', 'default'] as const,
        })),
        {
          from: 'internet',
          to: 'vip:shop',
          protocol: 'udp',
          port: 80,
          outcome: 'silent',
          stop: ['balancer', 'default'],
        },
        {
          from: 'internet',
          to: 'vip:shop',
          protocol: 'icmp',
          outcome: 'silent',
          stop: ['balancer', 'default'],
        },
      ))

    it('shows no inside address outside, whatever comes back', async () => {
      const { network } = fixture
      const taps = neighboursOf(network, 'internet').map(({ node }) => wire('internet', node.id))
      const list = ([4, 6] as const).flatMap((family) => [
        opening({ from: 'internet', to: 'vip:shop', port: 80 }, family),
        opening({ from: 'lab/shop-web-0', to: 'internet', port: 443 }, family),
        opening({ from: 'lab/shop-web-1', to: 'internet', protocol: 'icmp' }, family),
        opening({ from: 'internet', to: 'vip:telemetry', protocol: 'udp', port: 5140 }, family),
        opening({ from: 'internet', to: 'vip:shop', port: 81 }, family),
      ])
      await fabric().probe(list)
      const seen = taps
        .flatMap((tap) => [...framesOf(tap)])
        .flatMap((frame) => {
          const headers = readHeaders(frame)
          return headers.kind === 'ip' ? [headers.source, headers.destination] : []
        })
      expect(seen.length).toBeGreaterThanOrEqual(list.length)
      const inside = seen.filter((address) => network.internal.some((p) => prefixContains(p, address)))
      expect(inside.map(formatIp)).toEqual([])
    })
  },
)

describeRow('R13: DIPs cannot be addressed from the Internet', ({ show, fixture }) => {
  it('drops every packet to a machine of the inside at the access router', () =>
    show(
      ...fixture.network.nodes
        .filter(({ kind, addresses }) => ['vm', 'host', 'name-server'].includes(kind) && addresses.length > 0)
        .map(({ id, listeners }) => ({
          from: 'internet',
          to: id,
          port: listeners.find(({ protocol }) => protocol === 'tcp')?.port ?? 80,
          outcome: 'silent' as const,
          stop: ['access-router', 'internal-destinations'] as const,
        })),
    ))
})

describeRow('R14: what is addressed inside does not leave', ({ fixture, opening, wire, movedByFrame }) => {
  it('is dropped at the access router, even with a public source', async () => {
    const socket = wire('lab/lb1', 'lab/ar1')
    for (const family of [4, 6] as const) {
      const vip = vipOf(fixture.network, 'shop', family)
      for (const to of ['lab/fc1', 'lab/host1', 'lab/shop-web-0', 'lab/dr1']) {
        const packet = openingPacket(opening({ from: 'lab/lb1', to, port: 443 }, family))
        const ethernet = { source: socket.near.mac, destination: socket.far.mac }
        const counts = await movedByFrame(socket, frameOf({ ...packet, source: vip }, { ethernet }))
        expect(judged(counts)).toEqual(['lab/ar1/internal/in destination/internal'])
      }
    }
  })
  it('has nowhere to go there: a null route stands behind the filter', () => {
    const routes = routesOf(fixture.network).get('lab/ar1') ?? []
    for (const prefix of fixture.network.internal) {
      const own = routes.filter((route) => formatPrefix(route.prefix) === formatPrefix(prefix))
      expect(own.map(({ nextHops }) => nextHops)).toEqual([[]])
    }
  })
})

describeRow('R15: the source of traffic is what is expected', ({ show, opening, wire, movedByFrame }) => {
  it('our own and internal sources do not come from outside', () =>
    show(
      ...(['lab/fc1', 'lab/shop-web-0', 'lab/ar1', 'lab/host1'] as const).map((as) => ({
        from: 'internet',
        as,
        to: 'vip:shop',
        port: 80,
        outcome: 'silent' as const,
        stop: ['access-router', 'source-validation'] as const,
      })),
      {
        from: 'internet',
        as: '203.0.113.77',
        to: 'vip:shop',
        port: 80,
        outcome: 'silent',
        stop: ['access-router', 'source-validation', 'source/bogon'],
      },
    ))
  it('sources that nobody can have do not come from a provider', async () => {
    const socket = wire('lab/isp1', 'lab/ar1')
    for (const source of [
      '0.0.0.0',
      '127.0.0.1',
      '224.0.0.1',
      '169.254.1.1',
      '255.255.255.255',
      '::',
      '::1',
      'fe80::1',
      'ff02::1',
      '::ffff:192.0.2.1',
      '2002:c000:201::1',
    ].map(ip)) {
      const packet = openingPacket(opening({ from: 'internet', to: 'vip:shop', port: 80 }, source.family))
      const ethernet = { source: socket.near.mac, destination: socket.far.mac }
      const counts = await movedByFrame(socket, frameOf({ ...packet, source }, { ethernet }))
      expect([formatIp(source), ...judged(counts)]).toEqual([
        formatIp(source),
        'lab/ar1/external/in source/bogon',
      ])
    }
  })
  it('only public sources leave by an access router', async () => {
    const socket = wire('lab/lb1', 'lab/ar1')
    for (const family of [4, 6] as const) {
      const packet = openingPacket(opening({ from: 'lab/shop-web-0', to: 'internet', port: 443 }, family))
      const ethernet = { source: socket.near.mac, destination: socket.far.mac }
      const counts = await movedByFrame(socket, frameOf(packet, { ethernet }))
      expect(judged(counts)).toEqual(['lab/ar1/internal/in source/other'])
    }
  })
  it('a VM speaks with its own address', () =>
    show(
      ...(['lab/shop-web-1', 'lab/fc1', 'lab/host1', '192.0.2.77'] as const).map((as) => ({
        from: 'lab/shop-web-0',
        as,
        to: 'internet',
        port: 443,
        outcome: 'silent' as const,
        stop: ['hypervisor', 'own-source', 'own/spoofed'] as const,
      })),
    ))
})

/** Rules that counted something, without what machines say of their own accord. */
const judged = (counts: ReadonlyMap<string, number>): string[] =>
  [...counts.keys()].filter((rule) => !rule.includes(' shape/'))

function* framesOf(tap: Wire): Generator<Uint8Array> {
  for (let frame = tap.receive(); frame; frame = tap.receive()) yield frame
}
