/** What the elements of an Azure Cloud Service mean, asked of packets: each conversation is judged by every point on its way. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Network, virtualEndpoints } from '../../../src/model/index.ts'
import { type Ip, ip } from '../../../src/net/index.ts'
import { derivePolicy, formatOrigin } from '../../../src/policy/index.ts'
import { type Conversation, converse, createWorld, type World } from '../../../src/trace/index.ts'
import { requireService, serviceConfiguration, serviceDefinition } from './service.ts'

const worldOf = (network: Network): World => createWorld(network, derivePolicy(network))

const addressOf = (world: World, node: string, family: 4 | 6): Ip =>
  world.node(node).addresses.find((address) => address.family === family) as Ip

interface Question {
  readonly from: string
  readonly to: Ip | string
  readonly port: number
  readonly protocol?: 'tcp' | 'udp' | 'icmp'
  readonly family?: 4 | 6
}

function ask(world: World, { from, to, port, protocol = 'tcp', family = 4 }: Question): Conversation {
  return converse(world, {
    from,
    source: addressOf(world, from, family),
    destination: typeof to === 'string' ? addressOf(world, to, family) : to,
    protocol,
    sourcePort: 40_000,
    destinationPort: port,
  })
}

const ruleOf = ({ stops }: Conversation): string | undefined => {
  const end = stops[0]?.end
  return end?.kind === 'denied' ? end.rule.id : undefined
}

const families = [4, 6] as const

describe('NetworkTrafficRules', () => {
  const read = (name: string) =>
    readFileSync(new URL(`network-traffic-rules/${name}.csdef`, import.meta.url), 'utf8')
  const counts = serviceConfiguration({ WebRole1: 2, WorkerRole1: 2, WorkerRole2: 2 })
  const base = read('base')
  const rules = (name: string) =>
    read(name).slice(
      read(name).indexOf('<NetworkTrafficRules>'),
      read(name).lastIndexOf('</ServiceDefinition>'),
    )
  const withRules = (text: string) => base.replace('</ServiceDefinition>', `${text}</ServiceDefinition>`)

  const short: Readonly<Record<string, string>> = { WebRole1: 'web', WorkerRole1: 'one', WorkerRole2: 'two' }

  /** `web → one InternalTCP2`: which role reaches which internal endpoint of which role, as packets of both families say. */
  function reached(definition: string): string[] {
    const network = requireService(definition, counts)
    const world = worldOf(network)
    const service = network.services[0]
    const found = families.map((family) =>
      (service?.roles ?? []).flatMap((to) =>
        to.endpoints
          .filter(({ exposure }) => exposure === 'internal')
          .flatMap(({ name, port }) =>
            (service?.roles ?? [])
              .filter((from) => {
                const node = (role: string, instance: number) => `west/s-${role.toLowerCase()}-${instance}`
                const { outcome } = ask(world, {
                  from: node(from.name, 0),
                  to: node(to.name, 1),
                  port,
                  family,
                })
                return outcome === 'answered'
              })
              .map((from) => `${short[from.name]} → ${short[to.name]} ${name}`),
          ),
      ),
    )
    expect(found[0]).toEqual(found[1])
    return (found[0] as string[]).toSorted()
  }

  it('none: every role reaches every internal endpoint', () => {
    expect(reached(base)).toHaveLength(3 * 4)
  })

  it.each([
    ['scenario1', ['web → one InternalTCP2']],
    ['scenario2', ['web → one InternalTCP2', 'web → two InternalTCP3']],
    ['scenario3', ['one → two InternalTCP3', 'web → one InternalTCP2']],
    ['scenario4', ['one → two InternalTCP3', 'web → one InternalTCP2', 'web → two InternalTCP4']],
  ])('%s of the documentation', (name, expected) => {
    expect(reached(withRules(rules(name)))).toEqual(expected)
  })

  it('AllowAllTraffic alone opens the destinations to all roles', () => {
    const all =
      '<NetworkTrafficRules><OnlyAllowTrafficTo><Destinations><RoleEndpoint endpointName="InternalTCP2" roleName="WorkerRole1"/></Destinations><AllowAllTraffic/></OnlyAllowTrafficTo></NetworkTrafficRules>'
    expect(reached(withRules(all))).toEqual(['one', 'two', 'web'].map((role) => `${role} → one InternalTCP2`))
  })

  it('a denial names the line of the rule', () => {
    const network = requireService(withRules(rules('scenario1')), counts)
    const world = worldOf(network)
    const port = network.services[0]?.roles[1]?.endpoints[0]?.port as number
    const { stops } = ask(world, { from: 'west/s-workerrole2-0', to: 'west/s-workerrole1-0', port })
    const end = stops[0]?.end
    if (end?.kind !== 'denied') throw new TypeError('the packet was to be denied')
    expect(end.rule.id).toBe('role/InternalTCP2/other')
    expect(formatOrigin(end.rule.origin)).toMatch(/^s\.csdef:\d+:\d+$/)
  })
})

describe('InternalEndpoint', () => {
  const world = worldOf(
    requireService(
      serviceDefinition(`
        <WorkerRole name="A"><Endpoints>
          <InternalEndpoint name="both" protocol="any" port="9000" />
          <InternalEndpoint name="range" protocol="tcp"><FixedPortRange min="9100" max="9102" /></InternalEndpoint>
        </Endpoints></WorkerRole>
        <WorkerRole name="B"><Endpoints><InternalEndpoint name="all" protocol="any" /></Endpoints></WorkerRole>
        <WorkerRole name="C" />`),
      serviceConfiguration({ A: 1, B: 1, C: 1 }),
    ),
  )
  const [a, b, c] = ['west/s-a-0', 'west/s-b-0', 'west/s-c-0']

  it.each(families)(
    'of any protocol and a port takes TCP and UDP there, and nothing else (IPv%i)',
    (family) => {
      for (const protocol of ['tcp', 'udp'] as const) {
        expect(ask(world, { from: c, to: a, port: 9000, protocol, family }).outcome).toBe('answered')
        expect(ruleOf(ask(world, { from: c, to: a, port: 9001, protocol, family }))).toBe('default/deny')
      }
      expect(ruleOf(ask(world, { from: c, to: a, port: 0, protocol: 'icmp', family }))).toBe('default/deny')
    },
  )

  it.each(families)('of any protocol and no port takes everything of its own service (IPv%i)', (family) => {
    for (const protocol of ['tcp', 'udp', 'icmp'] as const)
      expect(ask(world, { from: c, to: b, port: 7, protocol, family }).outcome).not.toBe('silent')
    expect(ask(world, { from: 'west/fc1', to: b, port: 7, family }).outcome).toBe('silent')
  })

  it('with a range takes each of its ports', () => {
    const outcomes = [9099, 9100, 9102, 9103].map((port) => ruleOf(ask(world, { from: c, to: a, port })))
    expect(outcomes).toEqual(['default/deny', undefined, undefined, 'default/deny'])
  })
})

describe('InstanceInputEndpoint', () => {
  const network = requireService(
    serviceDefinition(`
      <WebRole name="Web"><Endpoints>
        <InputEndpoint name="Http" protocol="http" port="80" />
        <InstanceInputEndpoint name="Each" protocol="tcp" localPort="80">
          <AllocatePublicPortFrom><FixedPortRange max="10109" min="10105" /></AllocatePublicPortFrom>
        </InstanceInputEndpoint>
        <InstanceInputEndpoint name="Udp" protocol="udp" localPort="7000">
          <AllocatePublicPortFrom><FixedPortRange max="10109" min="10105" /></AllocatePublicPortFrom>
        </InstanceInputEndpoint>
      </Endpoints></WebRole>`),
    serviceConfiguration({ Web: 3 }),
  )
  const world = worldOf(network)
  const vips = network.services[0]?.deployments[0]?.vips as readonly Ip[]

  it.each(families)(
    'each port of the range leads to one instance, and the rest to none (IPv%i)',
    (family) => {
      const vip = vips.find((address) => address.family === family) as Ip
      for (const protocol of ['tcp', 'udp'] as const)
        for (const instance of [0, 1, 2, 3, 4]) {
          const question = { from: 'internet', to: vip, port: 10_105 + instance, protocol, family }
          const { outcome, forth, decider } = ask(world, question)
          expect(outcome).toBe(instance < 3 ? 'answered' : 'silent')
          if (instance >= 3) continue
          const ends = forth.map(({ end }) => (end.kind === 'delivered' ? end.node : end.kind))
          expect(new Set(ends)).toEqual(new Set([`west/s-web-${instance}`]))
          expect(decider?.rule.origin).toMatchObject({ kind: 'file', at: { file: 's.csdef' } })
        }
    },
  )

  it('each has its own rule, and so its own counter', () => {
    const { points } = derivePolicy(network)
    const ids = points
      .filter(({ id }) => id === 'west/lb1/external/in')
      .flatMap(({ tiers }) => tiers.flatMap((tier) => (tier.kind === 'translation' ? tier.translations : [])))
      .map(({ rule }) => rule.id)
    for (const instance of [0, 1, 2]) expect(ids).toContain(`in/s/Web/Each/${instance}/v4`)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('which names the port of an endpoint that all instances share gets one of its own', () => {
    const [http, each] = network.services[0]?.roles[0]?.endpoints ?? []
    expect([http?.port, each?.port]).toEqual([80, 20_000])
  })
})

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

describe('modules', () => {
  const definition = serviceDefinition(`
    <WebRole name="Web"><Endpoints><InputEndpoint name="Http" protocol="http" port="80" /></Endpoints>
      <Imports><Import moduleName="RemoteAccess" /><Import moduleName="RemoteForwarder" /></Imports></WebRole>
    <WorkerRole name="Back"><Imports><Import moduleName="RemoteAccess" /></Imports></WorkerRole>`)
  const portsOf = (network: Network) =>
    virtualEndpoints(network)
      .filter(({ owner }) => owner.kind === 'service')
      .map(({ port }) => port)

  it('RemoteForwarder opens Remote Desktop at the VIP, RemoteAccess inside the service', () => {
    const network = requireService(definition, serviceConfiguration({ Web: 1, Back: 1 }))
    expect(new Set(portsOf(network))).toEqual(new Set([80, 3389]))
    const world = worldOf(network)
    expect(ask(world, { from: 'west/s-web-0', to: 'west/s-back-0', port: 3389 }).outcome).toBe('answered')
    expect(ask(world, { from: 'west/fc1', to: 'west/s-back-0', port: 3389 }).outcome).toBe('silent')
  })

  it('opens nothing where the configuration says that it is not enabled', () => {
    const settings = `<Role name="Web"><Instances count="1" /><ConfigurationSettings><Setting name="Microsoft.WindowsAzure.Plugins.RemoteForwarder.Enabled" value="false" /></ConfigurationSettings></Role>`
    const network = requireService(definition, serviceConfiguration({ Back: 1 }, settings))
    expect(new Set(portsOf(network))).toEqual(new Set([80]))
  })
})

it("a probe's own port is opened to nobody", () => {
  const network = requireService(
    serviceDefinition(`
      <LoadBalancerProbes><LoadBalancerProbe name="p" protocol="http" path="/health" port="8099" /></LoadBalancerProbes>
      <WebRole name="Web"><Endpoints><InputEndpoint name="Http" protocol="http" port="80" loadBalancerProbe="p" /></Endpoints></WebRole>`),
    serviceConfiguration({ Web: 1 }),
  )
  const probe = network.services[0]?.roles[0]?.endpoints[0]?.probe
  expect(probe).toEqual({
    name: 'p',
    protocol: 'http',
    path: '/health',
    port: 8099,
    interval: 15,
    timeout: 31,
  })
  const world = worldOf(network)
  const vip = network.services[0]?.deployments[0]?.vips[0] as Ip
  expect(ask(world, { from: 'internet', to: vip, port: 8099 }).outcome).toBe('silent')
  expect(ask(world, { from: 'internet', to: vip, port: 80 }).outcome).toBe('answered')
})
