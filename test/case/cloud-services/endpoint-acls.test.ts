/** Access lists of an Azure Cloud Service, asked of packets. */
import { describe, expect, it } from 'vitest'
import { type Ip, ip } from '../../../src/net/index.ts'
import { formatOrigin } from '../../../src/policy/index.ts'
import { converse } from '../../../src/trace/index.ts'
import { ask, families, ruleOf, worldOf } from './ask.ts'
import { requireService, serviceConfiguration, serviceDefinition } from './service.ts'

describe('EndpointAcls', () => {
  const acl = (name: string, ...rules: string[]) =>
    `<AccessControl name="${name}">${rules.join('')}</AccessControl>`
  const rule = (order: number, action: string, subnet: string) =>
    `<Rule order="${order}" action="${action}" remoteSubnet="${subnet}" description="d" />`
  const use = (endpoint: string, list: string) =>
    `<EndpointAcl role="Web" endpoint="${endpoint}" accessControl="${list}" />`
  const input = (name: string, port: number) =>
    `<InputEndpoint name="${name}" protocol="tcp" port="${port}" />`
  const network = requireService(
    serviceDefinition(`<WebRole name="Web"><Endpoints>
      ${input('open', 1)}${input('named', 2)}${input('others', 3)}${input('first', 4)}${input('inside', 5)}
      <InstanceInputEndpoint name="each" protocol="tcp" localPort="6"><AllocatePublicPortFrom><FixedPortRange min="60" max="61" /></AllocatePublicPortFrom></InstanceInputEndpoint>
    </Endpoints></WebRole>`),
    serviceConfiguration(
      { Web: 2 },
      `<NetworkConfiguration>
        <AccessControls>
          ${acl('elsewhere', rule(100, 'permit', '9.9.9.0/24'), rule(200, 'permit', '2620:fe:1::/48'))}
          ${acl('no internet', rule(1, 'deny', '192.0.2.0/24'), rule(2, 'deny', '2001:db8:ffff::/48'))}
          ${acl('lowest first', rule(300, 'deny', '0.0.0.0/0'), rule(20, 'permit', '192.0.2.1/24'), rule(10, 'deny', '192.0.2.128/25'))}
          ${acl('machines', rule(1, 'permit', '10.16.64.0/18'), rule(2, 'permit', 'fd00:0:16:3::/64'))}
        </AccessControls>
        <EndpointAcls>
          ${use('named', 'elsewhere')}${use('others', 'no internet')}${use('first', 'lowest first')}
          ${use('inside', 'machines')}${use('each', 'elsewhere')}
        </EndpointAcls>
      </NetworkConfiguration>`,
    ),
  )
  const world = worldOf(network)
  const vip = (family: 4 | 6) =>
    network.services[0]?.deployments[0]?.vips.find((address) => address.family === family) as Ip
  const from = (source: string, port: number) => {
    const address = ip(source)
    return converse(world, {
      from: 'internet',
      source: address,
      destination: vip(address.family),
      protocol: 'tcp',
      sourcePort: 40_000,
      destinationPort: port,
    })
  }

  it.each([
    ['no list lets all in', '9.9.9.9', 1, undefined],
    ['a permit lets in what it names', '9.9.9.9', 2, undefined],
    ['a permit lets in what it names, IPv6 too', '2620:fe:1::9', 2, undefined],
    ['a permit keeps all others out', '192.0.2.1', 2, 'acl/s/Web/named/v4/other'],
    ['a permit keeps all others out, IPv6 too', '2001:db8:ffff::1', 2, 'acl/s/Web/named/v6/other'],
    ['a deny keeps out what it names', '192.0.2.1', 3, 'acl/s/Web/others/v4/1'],
    ['a deny keeps out what it names, IPv6 too', '2001:db8:ffff::1', 3, 'acl/s/Web/others/v6/2'],
    ['denies alone let all others in', '9.9.9.9', 3, undefined],
    ['the lowest order decides', '192.0.2.200', 4, 'acl/s/Web/first/v4/1'],
    ['the second lowest decides then', '192.0.2.1', 4, undefined],
    ['the last decides the rest', '9.9.9.9', 4, 'acl/s/Web/first/v4/3'],
    ['an instance is guarded as all are', '192.0.2.1', 61, 'acl/s/Web/each/v4/other'],
    ['an instance is reached by those let in', '9.9.9.9', 61, undefined],
  ])('%s', (_, source, port, rule) => {
    const conversation = from(source, port)
    expect(ruleOf(conversation)).toBe(rule)
    // Only the Internet's own address hears an answer; others are judged, and their answer goes where they are.
    if (rule === undefined) expect(conversation.forth[0]?.end.kind).toBe('delivered')
  })

  it.each(families)(
    'are asked of VMs that use a VIP of their site by their own address (IPv%i)',
    (family) => {
      const question = { from: 'west/s-web-0', to: vip(family), family }
      expect(ask(world, { ...question, port: 5 }).outcome).toBe('answered')
      expect(ruleOf(ask(world, { ...question, port: 2 }))).toBe(`acl/s/Web/named/v${family}/other`)
    },
  )

  it.each(families)('are asked at the VM too: a neighbour needs no VIP to get there (IPv%i)', (family) => {
    const neighbour = (port: number) => ask(world, { from: 'west/s-web-0', to: 'west/s-web-1', port, family })
    expect(neighbour(1).outcome).toBe('answered')
    expect(ruleOf(neighbour(2))).toBe('role/named/other')
    expect(neighbour(3).outcome).toBe('answered')
    expect(neighbour(5).outcome).toBe('answered')
    expect(ruleOf(neighbour(6))).toBe('role/each/other')
  })

  it('a denial names the line of the configuration', () => {
    const end = from('192.0.2.1', 3).stops[0]?.end
    if (end?.kind !== 'denied') throw new TypeError('the packet was to be denied')
    expect(formatOrigin(end.rule.origin)).toMatch(/^ServiceConfiguration\.cscfg:4:\d+$/)
  })
})
