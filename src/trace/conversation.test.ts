/** What REQUIREMENTS says of the network, rows R9–R22, asked of the example: who reaches whom, and which rule decides. */
import { describe, expect, it } from 'vitest'
import { loadNetwork, type Network, type VirtualEndpoint, virtualEndpoints } from '../model/index.ts'
import { type Family, type Ip, ip, prefixContains } from '../net/index.ts'
import { derivePolicy } from '../policy/index.ts'
import { converse, createWorld, type Opening, openingPacket } from './index.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const world = createWorld(network, derivePolicy(network))
const endpoints = virtualEndpoints(network)

/** `west/shop-web-0`, `vip west shop/https`, or an address. */
function addressOf(name: string, family: Family): Ip {
  if (/^[0-9a-f.:]+$/.test(name)) return ip(name)
  if (!name.startsWith('vip ')) return world.node(name).addresses.find((a) => a.family === family) as Ip
  const [, site, target] = name.split(' ')
  const named = ({ owner }: VirtualEndpoint) =>
    owner.kind === 'service' ? `${owner.service}/${owner.endpoint}` : 'names'
  const found = endpoints.find((e) => e.site === site && e.vip.family === family && named(e) === target)
  return (found as VirtualEndpoint).vip
}

interface Question {
  readonly from: string
  readonly protocol?: Opening['protocol']
  readonly to: string
  readonly port?: number
  /** Whose address the packet bears, if not the sender's. */
  readonly as?: string
}

/** `answered by point rule`, or `silent: point rule` with `back:` before what stops answers. */
function ask(family: Family, { from, protocol = 'tcp', to, port = 0, as = from }: Question): string {
  const opening: Opening = {
    from,
    source: addressOf(as, family),
    destination: addressOf(to, family),
    protocol,
    sourcePort: 40000,
    destinationPort: port,
  }
  const { outcome, unanimous, decider, stops } = converse(world, opening)
  expect(unanimous).toBe(true)
  if (outcome !== 'silent') return `${outcome}: ${kindOf(decider?.point.id)} ${decider?.rule.id}`
  const places = stops.map(({ end, way }) => {
    const what =
      end.kind === 'denied' ? `${kindOf(end.point.id)} ${end.rule.id}` : `${end.kind} at ${end.node}`
    return way === 'back' ? `back: ${what}` : what
  })
  return `silent: ${[...new Set(places)].join(', ')}`
}

/** Points of equal nodes are alike: their numbers do not matter. */
const kindOf = (id = ''): string =>
  id
    .replace(/(ar|lb|dr)\d/, '$1*')
    .replace(/(host|ns|fc|jump|storage|activation)\d/, '$1*')
    .replace(/-\d\//, '-*/')

describe.each([4, 6] as const)('over IPv%i', (family) => {
  const outside = family === 4 ? '192.0.2.1' : '2001:db8:ffff::1'
  const bogon = family === 4 ? '240.0.0.1' : '3fff::1'

  it.each<[string, Question, string]>([
    // R11, R12
    [
      'a VIP on a declared port',
      { from: 'internet', to: 'vip west shop/https', port: 443 },
      'answered: west/host*/vm/shop-web-*/in role/https',
    ],
    [
      'a VIP on an undeclared port',
      { from: 'internet', to: 'vip west shop/https', port: 22 },
      'silent: west/lb*/external/in default/deny',
    ],
    [
      'a declared port of another VIP',
      { from: 'internet', to: 'vip west telemetry/upload', port: 443 },
      'silent: west/lb*/external/in default/deny',
    ],
    [
      'a declared port over another protocol',
      { from: 'internet', protocol: 'udp', to: 'vip west shop/https', port: 443 },
      'silent: west/lb*/external/in default/deny',
    ],
    [
      'UDP behind a VIP',
      { from: 'internet', protocol: 'udp', to: 'vip west telemetry/readings', port: 5140 },
      'answered: west/telemetry-collector-*/guest/in guest/readings',
    ],
    [
      'names from outside',
      { from: 'internet', protocol: 'udp', to: 'vip west names', port: 53 },
      'answered: west/ns*/native/in role/dns',
    ],
    [
      'a ping of a VIP',
      { from: 'internet', protocol: 'icmp', to: 'vip west shop/https' },
      'silent: west/lb*/external/in default/deny',
    ],
    [
      'an imported service',
      { from: 'internet', to: 'vip east hello-geo/Endpoint1', port: 91 },
      'answered: east/host*/vm/hello-geo-webrole-*/in role/Endpoint1',
    ],
    // R13
    [
      'a DIP from outside',
      { from: 'internet', to: 'west/shop-web-0', port: 8443 },
      'silent: west/ar*/external/in destination/internal',
    ],
    [
      'a host from outside',
      { from: 'internet', to: 'west/host1', port: 7443 },
      'silent: west/ar*/external/in destination/internal',
    ],
    [
      'a DIP from the provider',
      { from: 'west/isp1', to: 'west/shop-web-0', port: 8443, as: outside },
      'silent: west/ar*/external/in destination/internal',
    ],
    // R15
    [
      'an internal source from outside',
      { from: 'internet', to: 'vip west shop/https', port: 443, as: 'west/shop-web-0' },
      'silent: west/ar*/external/in source/internal',
    ],
    [
      "the site's own source from outside",
      { from: 'internet', to: 'vip west shop/https', port: 443, as: 'vip west shop/https' },
      'silent: west/ar*/external/in source/own',
    ],
    [
      'a bogon from outside',
      { from: 'internet', to: 'vip west shop/https', port: 443, as: bogon },
      'silent: west/ar*/external/in source/bogon',
    ],
    // R19
    [
      'a VM to the Internet',
      { from: 'west/shop-web-0', to: outside, port: 443 },
      'answered: west/ar*/internal/in outbound/any',
    ],
    [
      'a VM pings the Internet',
      { from: 'west/shop-web-0', protocol: 'icmp', to: outside },
      'answered: west/ar*/internal/in outbound/any',
    ],
    [
      'a VM to the name server',
      { from: 'west/shop-web-0', protocol: 'udp', to: 'west/ns1', port: 53 },
      'answered: west/ns*/native/in role/dns',
    ],
    [
      'a VM to another port of it',
      { from: 'west/shop-web-0', protocol: 'udp', to: 'west/ns1', port: 54 },
      'silent: west/host*/vm/shop-web-*/out machine/internal',
    ],
    [
      'a VM to the activation server',
      { from: 'west/shop-web-0', to: 'west/activation1', port: 1688 },
      'answered: west/activation*/native/in role/activation',
    ],
    [
      'a VM to a router',
      { from: 'west/shop-web-0', to: 'west/dr1', port: 22 },
      'silent: west/host*/vm/shop-web-*/out machine/routers',
    ],
    [
      'a VM to its own host',
      { from: 'west/shop-web-0', to: 'west/host1', port: 7443 },
      'silent: west/host*/vm/shop-web-*/out machine/internal',
    ],
    [
      'a VM to the fabric controller',
      { from: 'west/shop-web-0', to: 'west/fc1', port: 7500 },
      'silent: west/host*/vm/shop-web-*/out machine/internal',
    ],
    [
      'a VM to storage',
      { from: 'west/shop-web-0', to: 'west/storage1', port: 7600 },
      'silent: west/host*/vm/shop-web-*/out machine/internal',
    ],
    [
      'a VM to a VM of another site',
      { from: 'west/shop-web-0', to: 'east/shop-worker-0', port: 9000 },
      'silent: west/host*/vm/shop-web-*/out machine/internal',
    ],
    [
      "a VM with another VM's address",
      { from: 'west/shop-web-0', to: outside, port: 443, as: 'west/shop-web-1' },
      'silent: west/host*/vm/shop-web-*/out own/spoofed',
    ],
    // R20
    [
      'web to its workers',
      { from: 'west/shop-web-0', to: 'west/shop-worker-0', port: 9000 },
      'answered: west/host*/vm/shop-worker-*/in role/orders',
    ],
    [
      'web to another port of them',
      { from: 'west/shop-web-0', to: 'west/shop-worker-0', port: 9001 },
      'silent: west/host*/vm/shop-worker-*/in default/deny',
    ],
    [
      "another tenant's VM to workers",
      { from: 'west/telemetry-collector-0', to: 'west/shop-worker-0', port: 9000 },
      'silent: west/host*/vm/shop-worker-*/in default/deny',
    ],
    [
      "another tenant's VM to a public port",
      { from: 'west/telemetry-collector-0', to: 'west/shop-web-0', port: 8443 },
      'answered: west/host*/vm/shop-web-*/in role/https',
    ],
    [
      'VIPs from inside: hairpin',
      { from: 'west/shop-worker-0', to: 'vip west shop/https', port: 443 },
      'answered: west/host*/vm/shop-web-*/in role/https',
    ],
    [
      "another site's VIP",
      { from: 'west/shop-worker-0', to: 'vip east shop/https', port: 443 },
      'answered: east/host*/vm/shop-web-*/in role/https',
    ],
    // R22
    [
      'the fabric controller to a host agent',
      { from: 'west/fc1', to: 'west/host1', port: 7443 },
      'answered: west/host*/partition/in host/agent',
    ],
    [
      'the jump box to a host agent, without a grant',
      { from: 'west/jump1', to: 'west/host2', port: 7443 },
      'silent: west/host*/partition/in grant/none',
    ],
    [
      'the jump box to a host by SSH',
      { from: 'west/jump1', to: 'west/host1', port: 22 },
      'silent: west/jump*/native/out default/deny',
    ],
    [
      'storage to a host agent',
      { from: 'west/storage1', to: 'west/host1', port: 7443 },
      'silent: west/storage*/native/out default/deny',
    ],
    [
      'infrastructure to the Internet',
      { from: 'west/fc1', to: outside, port: 443 },
      'silent: west/fc*/native/out default/deny',
    ],
  ])('%s', (_, question, expected) => {
    expect(ask(family, question)).toBe(expected.replace('/v4', `/v${family}`))
  })

  it('the outside never sees an internal address (R11)', () => {
    const inside = (address: Ip) => network.internal.some((p) => prefixContains(p, address))
    for (const { vip, port, protocol, acl } of endpoints.filter((e) => e.vip.family === family)) {
      const { back } = converse(world, {
        from: 'internet',
        source: ip(outside),
        destination: vip,
        protocol: protocol === 6 ? 'tcp' : 'udp',
        sourcePort: 40000,
        destinationPort: port,
      })
      expect(back.length > 0).toBe(acl?.name !== 'Partners')
      for (const { end, packet } of back) {
        expect(end).toEqual({ kind: 'delivered', node: 'internet' })
        expect(packet.source).toEqual(vip)
        expect(inside(packet.source)).toBe(false)
      }
    }
  })
})

describe('openings', () => {
  const base = {
    from: 'x',
    source: ip('10.0.0.1'),
    destination: ip('10.0.0.2'),
    sourcePort: 7,
    destinationPort: 80,
  }
  it.each([
    ['tcp', { protocol: 6, tcpFlags: 2, destinationPort: 80, icmpType: 0 }],
    ['udp', { protocol: 17, tcpFlags: 0, destinationPort: 80, icmpType: 0 }],
    ['icmp', { protocol: 1, tcpFlags: 0, destinationPort: 0, icmpType: 8 }],
  ] as const)('%s', (protocol, expected) =>
    expect(openingPacket({ ...base, protocol })).toMatchObject(expected),
  )
})
