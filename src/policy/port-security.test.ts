import { describe, expect, it } from 'vitest'
import { loadNetwork, type Network, neighboursOf, nodeById } from '../model/index.ts'
import { ip } from '../net/index.ts'
import type { Discovery, Headers, LinkHeaders } from '../wire/index.ts'
import { arp, icmp6 } from '../wire/index.ts'
import { derivePolicy } from './derive/index.ts'
import { judge } from './evaluate.ts'
import { pointById, rulesOf } from './policy.ts'
import { portTier } from './port-security.ts'
import { flow, odd, packet, point, rule, ruleTier } from './testing/sample.ts'

const mac = '02:00:00:00:00:01'
const other = '02:00:00:00:00:02'
const [own4, own6, own] = [ip('10.0.0.1'), ip('2001:db8::1'), ip('fe80::1')]
const at = point([portTier(mac, own, [own4, own6]), ruleTier('all', rule('any', 'allow'))])

/** The rule that decides, of a frame from a hardware address. */
const said = (frame: Headers, link: Partial<LinkHeaders> = {}, source = mac): string => {
  const decision = judge(at, { ...frame, link: { length: 60, ...link, source } }, { now: 0n })
  return decision.verdict === 'pass-by' ? 'pass-by' : `${decision.verdict} ${decision.rule.id}`
}
const tcp = packet(flow('tcp', '10.0.0.1 1', '192.0.2.1 2'))

describe('hardware addresses', () => {
  it('of the machine pass, others do not, whatever the frame', () => {
    expect(said(tcp)).toBe('allow any')
    expect(said(tcp, {}, other)).toBe('deny port/hardware-address')
    expect(said(odd('fragment'))).toBe('deny shape/fragment')
    expect(said(odd('fragment'), {}, other)).toBe('deny port/hardware-address')
    expect(said(odd('arp'), {}, other)).toBe('deny port/hardware-address')
  })

  it('are taken for right where a packet is only thought of', () => {
    expect(judge(at, tcp, { now: 0n })).toMatchObject({ rule: { id: 'any' } })
    expect(() => judge(at, odd('arp'), { now: 0n })).toThrow('readFrame')
  })
})

describe('ARP', () => {
  const { request, reply } = arp.Operation
  const says = (more: Partial<arp.Header>): Partial<LinkHeaders> => ({
    arp: {
      operation: reply,
      senderMac: mac,
      senderIp: own4,
      targetMac: other,
      targetIp: ip('10.0.0.2'),
      ...more,
    },
  })
  const zero = ip('0.0.0.0')
  it.each([
    ['a reply about itself', {}, 'allow shape/arp'],
    ['a request', { operation: request }, 'allow shape/arp'],
    [
      'a probe for its own address',
      { operation: request, senderIp: zero, targetIp: own4 },
      'allow shape/arp',
    ],
    ['a probe for another', { operation: request, senderIp: zero }, 'deny port/arp-address'],
    ['a reply of nobody', { senderIp: zero, targetIp: own4 }, 'deny port/arp-address'],
    ['a reply for another', { senderIp: ip('10.0.0.2') }, 'deny port/arp-address'],
    [
      'an announcement for another',
      { operation: request, senderIp: ip('10.0.0.2') },
      'deny port/arp-address',
    ],
    ['with the hardware address of another', { senderMac: other }, 'deny port/arp-hardware'],
    ['reverse ARP', { operation: 4 }, 'deny port/arp-form'],
  ])('%s: %s', (_, more, expected) => expect(said(odd('arp'), says(more))).toBe(expected))

  it('about something else than IPv4 on Ethernet', () => expect(said(odd('arp'))).toBe('deny port/arp-form'))
})

describe('neighbour discovery', () => {
  const T = icmp6.Type
  const stranger = ip('fe80::2')
  const nobody = ip('::')
  const solicits: Discovery = { type: T.neighbourSolicitation, source: own6, target: stranger, claims: [mac] }
  const advertises: Discovery = { ...solicits, type: T.neighbourAdvertisement, target: own6 }
  const asks: Discovery = { type: T.routerSolicitation, source: own, claims: [mac] }
  const unread: Discovery = { type: T.neighbourSolicitation, source: own }
  const good = 'allow shape/neighbour-discovery'
  it.each([
    ['a solicitation', solicits, good],
    ['from its link-local address', { ...solicits, source: own }, good],
    ['without an option', { ...solicits, claims: [] }, good],
    ['from another', { ...solicits, source: stranger }, 'deny port/discovery-source'],
    [
      'with the hardware address of another',
      { ...solicits, claims: [other] },
      'deny port/discovery-hardware',
    ],
    ['with two', { ...solicits, claims: [mac, other] }, 'deny port/discovery-hardware'],
    ['detection of duplicates', { ...solicits, source: nobody, target: own6, claims: [] }, good],
    ['that disturbs another', { ...solicits, source: nobody, claims: [] }, 'deny port/discovery-target'],
    ['an advertisement', advertises, good],
    ['of its link-local address', { ...advertises, target: own }, good],
    ['of another', { ...advertises, target: stranger }, 'deny port/discovery-target'],
    ['from another', { ...advertises, source: stranger }, 'deny port/discovery-source'],
    ['from nobody', { ...advertises, source: nobody }, 'deny port/discovery-source'],
    ['that diverts', { ...advertises, claims: [other] }, 'deny port/discovery-hardware'],
    ['a router solicitation', asks, good],
    ['from nobody', { ...asks, source: nobody, claims: [] }, good],
    ['from another', { ...asks, source: stranger }, 'deny port/discovery-source'],
    ['that diverts', { ...asks, claims: [other] }, 'deny port/discovery-hardware'],
    ['that cannot be read', unread, 'deny port/discovery-form'],
    ['a router advertisement', { type: T.routerAdvertisement, source: own }, 'deny port/router'],
    ['a redirect', { type: T.redirect, source: own }, 'deny port/router'],
  ])('%s: %s', (_, discovery, expected) =>
    expect(said(odd('neighbour-discovery'), { discovery })).toBe(expected),
  )
})

describe('the ports of the example', () => {
  const network = loadNetwork('examples/two-sites/network.yaml').network as Network
  const policy = derivePolicy(network)

  it('guard every VM with what its own interface has', () => {
    for (const vm of network.nodes.filter(({ kind }) => kind === 'vm')) {
      const tier = pointById(policy, `${vm.vm?.host}/vm/${vm.name}/out`)?.tiers[0]
      const end = neighboursOf(network, vm.id)[0]?.near
      expect(tier).toMatchObject({ kind: 'port', mac: end?.mac, linkLocal: end?.linkLocal })
      expect(tier?.kind === 'port' && tier.addresses).toEqual(nodeById(network, vm.id)?.addresses)
    }
  })

  const filter = pointById(policy, 'west/host1/vm/shop-web-0/out')
  const web = nodeById(network, 'west/shop-web-0')
  const neighbour = nodeById(network, 'west/shop-web-1')
  it.each([
    ['DHCP server', 4, { protocol: 17, sourcePort: 67, destinationPort: 68 }, 'server/dhcp'],
    [
      'DHCP server by another port',
      4,
      { protocol: 17, sourcePort: 1067, destinationPort: 68 },
      'server/dhcp',
    ],
    ['DHCPv6 server', 6, { protocol: 17, sourcePort: 547, destinationPort: 546 }, 'server/dhcp6'],
    ['redirecting router', 4, { protocol: 1, icmpType: 5, icmpCode: 1 }, 'server/icmp-redirect'],
    ['advertising router', 4, { protocol: 1, icmpType: 9 }, 'server/icmp-router'],
    ['router, IPv6', 6, { protocol: 58, icmpType: 134 }, 'server/icmp6-router-advertisement'],
    ['redirecting router, IPv6', 6, { protocol: 58, icmpType: 137 }, 'server/icmp6-redirect'],
    ['neighbour from afar', 6, { protocol: 58, icmpType: 136 }, 'server/icmp6-neighbour-advertisement'],
  ] as const)('hear no %s, IPv%i', (_, family, more, id) => {
    const of = (node: typeof web) => node?.addresses.find((address) => address.family === family)
    const frame = { ...tcp, family, source: of(web), destination: of(neighbour), tcpFlags: 0, ...more }
    const decision = filter && judge(filter, frame as typeof tcp, { now: 0n })
    expect(decision).toMatchObject({ verdict: 'deny', rule: { id } })
  })

  it('count each offence by itself', () => {
    const ids = filter ? rulesOf(filter).map((place) => place.rule.id) : []
    expect(ids.filter((id) => id.startsWith('port/'))).toHaveLength(9)
  })
})
