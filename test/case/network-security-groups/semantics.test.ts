/** Random groups in the VMs of a role, and at the access routers, against what Microsoft's documentation says of them. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Diagnostic } from '../../../src/file/index.ts'
import { formatIp, ip, parseIp, parsePrefix, prefixContains } from '../../../src/net/index.ts'
import { derivePolicy, type Point } from '../../../src/policy/index.ts'
import { loadWith, verdictOf } from './group-network.ts'
import { frame, template } from './plain-template.ts'
import { decide, type IsIn, type PlainPacket, type PlainRule } from './reference.ts'

/** The VM whose guest firewall is asked. */
const own = { 4: '10.16.64.1', 6: 'fd00:0:16:3::1' } as const

/** What else there is, with what the documentation's words mean in this network. */
const places: Readonly<Record<string, readonly string[]>> = {
  [own[4]]: ['VirtualNetwork', 'asg:Front_End', 'asg:shop.web'],
  [own[6]]: ['VirtualNetwork', 'asg:shop.web'],
  '10.16.64.2': ['VirtualNetwork', 'asg:shop.web'],
  '10.16.64.4': ['VirtualNetwork', 'asg:shop.worker'],
  'fd00:0:16:3::4': ['VirtualNetwork', 'asg:shop.worker'],
  '10.16.99.1': ['VirtualNetwork', 'asg:Front_End'],
  'fd00:0:16:3::77': ['VirtualNetwork', 'asg:Front_End'],
  '10.16.2.7': [],
  'fd00:0:16:2::7': [],
  '10.77.0.1': ['Storage.West'],
  '8.8.8.8': ['Internet'],
  '2600::1': ['Internet', 'Storage.West'],
  '198.51.100.20': ['Internet'],
  '127.0.0.1': [],
}
const more = `groups: { front-end: [10.16.64.1, 10.16.99.1, "fd00:0:16:3::77"] }
tags: { Storage.West: [10.77.0.0/16, 2600::/32] }
`

const isIn: IsIn = (address, set) => {
  if (places[address]?.some((name) => name.toLowerCase() === set.toLowerCase())) return true
  const prefix = parsePrefix(set)
  return prefix !== undefined && prefixContains(prefix, ip(address))
}

const prefixes = [
  '10.16.64.0/18',
  '10.16.64.0/30',
  '8.0.0.0/8',
  '8.8.8.8',
  'fd00::/16',
  '2600::1',
  '0.0.0.0/0',
  '::/0',
]
const tags = ['VirtualNetwork', 'virtualnetwork', 'Internet', 'AzureLoadBalancer', 'Storage.West']
const groups = ['asg:Front_End', 'asg:shop.web', 'asg:shop.worker']
const ports = ['22', '80-90', '443', '0-1023', '65535', '0-65535', '*']

const addresses = fc.oneof(
  { weight: 2, arbitrary: fc.constant(['*']) },
  fc.uniqueArray(fc.constantFrom(...prefixes, ...tags), { minLength: 1, maxLength: 3 }),
  fc.uniqueArray(fc.constantFrom(...groups), { minLength: 1, maxLength: 2 }),
)
const portList = fc.oneof(
  { weight: 2, arbitrary: fc.constant(['*']) },
  fc.uniqueArray(fc.constantFrom(...ports), { minLength: 1, maxLength: 3 }),
)
const everyPort = fc.constant(['*'])

const plainRule: fc.Arbitrary<PlainRule> = fc
  .constantFrom('*', 'Tcp', 'UDP', 'tcp', 'Icmp', 'Icmpv6', 'Esp', 'Ah')
  .chain((protocol) => {
    const some = /^(\*|tcp|udp)$/i.test(protocol) ? portList : everyPort
    const end = fc.record({ addresses, ports: some })
    return fc.record({
      name: fc.constant(''),
      priority: fc.integer({ min: 100, max: 4096 }),
      direction: fc.constantFrom('Inbound', 'Outbound'),
      access: fc.constantFrom('Allow', 'Deny'),
      protocol: fc.constant(protocol),
      source: end,
      destination: end,
    })
  })

/** Whether packets of some family can match: Azure and we refuse other rules. */
const canMatch = ({ protocol, source, destination }: PlainRule): boolean => {
  const mayBe = (list: readonly string[], family: 4 | 6) =>
    list.some((text) => (parsePrefix(text)?.family ?? family) === family)
  return ([4, 6] as const).some(
    (family) =>
      mayBe(source.addresses, family) &&
      mayBe(destination.addresses, family) &&
      !(family === 4 && /icmpv6/i.test(protocol)) &&
      !(family === 6 && /^icmp$/i.test(protocol)),
  )
}

const plainGroup = fc
  .uniqueArray(plainRule.filter(canMatch), {
    maxLength: 8,
    selector: ({ direction, priority }) => `${direction} ${priority}`,
  })
  .map((rules) => rules.map((rule, index) => ({ ...rule, name: `Rule_${index}` })))

const number = fc.constantFrom(1, 22, 80, 90, 443, 1023, 1024, 8443, 65_535)
const plainPacket: fc.Arbitrary<PlainPacket> = fc
  .record({
    isInward: fc.boolean(),
    other: fc.constantFrom(...Object.keys(places)),
    protocol: fc.constantFrom(6, 17, 1, 58, 50, 47),
    sourcePort: number,
    destinationPort: number,
  })
  .map(({ isInward, other, protocol, ...rest }) => {
    const here = own[ip(other).family]
    const right = protocol === 1 || protocol === 58 ? (ip(other).family === 4 ? 1 : 58) : protocol
    const ends = isInward ? { source: other, destination: here } : { source: here, destination: other }
    return { direction: isInward ? 'Inbound' : 'Outbound', ...ends, protocol: right, ...rest }
  })

const forms = fc.array(fc.boolean(), { minLength: 1, maxLength: 8 })
const packets = fc.array(plainPacket, { minLength: 60, maxLength: 60 })

/** All but the warning that VMs may pass by a denial through a VIP: groups are drawn at random. */
const mistakes = (diagnostics: readonly Diagnostic[]) => diagnostics.filter(({ code }) => code !== 'GL2111')

describe('a network security group', () => {
  it('as guest rules does with every packet what the documentation says', () => {
    const seen = { Allow: 0, Deny: 0 }
    fc.assert(
      fc.property(plainGroup, forms, packets, (rules, written, asked) => {
        const { network, diagnostics } = loadWith(
          { 'g.json': template(rules, written) },
          { as: 'guest', nsg: 'g.json', more },
        )
        expect(mistakes(diagnostics)).toEqual([])
        const { points } = derivePolicy(network as NonNullable<typeof network>)
        const point = (direction: string) =>
          points.find(({ id }) => id === `west/shop-web-0/guest/${direction}`) as Point
        expect(point('in').behind?.map((address) => formatIp(address))).toEqual([own[4], own[6]])
        for (const packet of asked) {
          const expected = decide(rules, packet, isIn)
          seen[expected]++
          const at = point(packet.direction === 'Inbound' ? 'in' : 'out')
          expect(`${JSON.stringify(packet)} ${verdictOf(at, frame(packet))}`).toBe(
            `${JSON.stringify(packet)} ${expected.toLowerCase()}`,
          )
        }
      }),
      { numRuns: 60 },
    )
    expect(Math.min(seen.Allow, seen.Deny)).toBeGreaterThan(200)
  })

  it('is read the same from what az prints', () => {
    fc.assert(
      fc.property(plainGroup, forms, (rules, written) => {
        const parsed = JSON.parse(
          template(rules, written).replaceAll(/\[resourceId\('([^']*)', '([^']*)'\)\]/g, '/s/$1/$2'),
        )
        const [{ properties }] = parsed.resources
        const shown = {
          name: 'g',
          securityRules: properties.securityRules.map((rule: { name: string; properties: object }) => ({
            etag: 'W/"1"',
            name: rule.name,
            resourceGroup: 'r',
            provisioningState: 'Succeeded',
            type: 'Microsoft.Network/networkSecurityGroups/securityRules',
            ...rule.properties,
          })),
          type: 'Microsoft.Network/networkSecurityGroups',
        }
        const load = (text: string) => {
          const { network, diagnostics } = loadWith({ 'g.json': text }, { as: 'guest', nsg: 'g.json', more })
          expect(mistakes(diagnostics)).toEqual([])
          return network?.sites[0]?.filters.guests['shop web']?.filter.rules.map(({ at: _, ...rule }) => rule)
        }
        expect(load(`\ufeff// from az\n${JSON.stringify(shown, null, 2)}`)).toEqual(
          load(template(rules, written)),
        )
      }),
      { numRuns: 30 },
    )
  })
})

describe('as the operator’s list', () => {
  /** Without addresses inside, which are of no use there. */
  const outside = ['203.0.113.0/24', '8.8.8.8', '198.51.100.0/26', 'Storage.West', '*']
  const end = fc.record({
    addresses: fc
      .uniqueArray(fc.constantFrom(...outside), { minLength: 1, maxLength: 2 })
      .map((list) => (list.includes('*') ? ['*'] : list)),
    ports: portList,
  })
  const edgeRule: fc.Arbitrary<PlainRule> = fc.record({
    name: fc.constant(''),
    priority: fc.integer({ min: 100, max: 4096 }),
    direction: fc.constantFrom('Inbound', 'Outbound'),
    access: fc.constantFrom('Allow', 'Deny'),
    protocol: fc.constantFrom('*', 'Tcp', 'Udp'),
    source: end,
    destination: end,
  })
  const vip = '198.51.100.20'
  const remote = { '8.8.8.8': ['Internet'], '8.9.9.9': ['Internet'], [vip]: ['Internet'] }
  const knows: IsIn = (address, set) => {
    if (remote[address as keyof typeof remote]?.some((name) => name === set)) return true
    const prefix = parsePrefix(set)
    return prefix !== undefined && prefixContains(prefix, ip(address))
  }
  const edgePacket = fc
    .record({
      isInward: fc.boolean(),
      other: fc.constantFrom('8.8.8.8', '8.9.9.9'),
      protocol: fc.constantFrom(6, 17, 1),
      sourcePort: number,
      destinationPort: number,
    })
    .map(
      ({ isInward, other, ...rest }): PlainPacket => ({
        direction: isInward ? 'Inbound' : 'Outbound',
        source: isInward ? other : vip,
        destination: isInward ? vip : other,
        ...rest,
      }),
    )

  it('what opens a connection is judged by the group, and goes on to the next tier if it is allowed', () => {
    const group = fc
      .uniqueArray(edgeRule, {
        maxLength: 6,
        selector: ({ direction, priority }) => `${direction} ${priority}`,
      })
      .map((rules) => rules.map((rule, index) => ({ ...rule, name: `Rule_${index}` })))
    const seen = { Allow: 0, Deny: 0 }
    fc.assert(
      fc.property(
        group,
        forms,
        fc.array(edgePacket, { minLength: 40, maxLength: 40 }),
        (rules, written, asked) => {
          const { network, diagnostics } = loadWith(
            { 'g.json': template(rules, written) },
            { as: 'acl', nsg: 'g.json', more: more.replace('10.77.0.0/16, ', '') },
          )
          expect(diagnostics.filter(({ code }) => code !== 'GL2121')).toEqual([])
          if (!network) return
          const { points } = derivePolicy(network)
          const tierOf = (direction: string) => {
            const point = points.find(({ id }) => id === `west/ar1/${direction}/in`) as Point
            const tiers = point.tiers.filter(({ name }) => name === 'operator-acl')
            return { ...point, tiers, defaultDeny: { ...point.defaultDeny, action: 'allow' as const } }
          }
          for (const packet of asked) {
            const expected = decide(rules, packet, knows)
            seen[expected]++
            const point = tierOf(packet.direction === 'Inbound' ? 'external' : 'internal')
            const [tier] = point.tiers
            const rest = { kind: 'rules' as const, name: 'rest', rules: [point.defaultDeny] }
            expect(tier).toBeDefined()
            expect(
              `${JSON.stringify(packet)} ${verdictOf({ ...point, tiers: [...point.tiers, rest] }, frame(packet))}`,
            ).toBe(`${JSON.stringify(packet)} ${expected.toLowerCase()}`)
          }
        },
      ),
      { numRuns: 40 },
    )
    expect(Math.min(seen.Allow, seen.Deny)).toBeGreaterThan(100)
  })
})

it('knows its own addresses', () => {
  for (const address of Object.keys(places)) expect(parseIp(address)).toBeDefined()
})
