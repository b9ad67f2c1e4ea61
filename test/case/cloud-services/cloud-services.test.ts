/** What the elements of an Azure Cloud Service mean, asked of packets: each conversation is judged by every point on its way. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Network, virtualEndpoints } from '../../../src/model/index.ts'
import type { Ip } from '../../../src/net/index.ts'
import { derivePolicy, formatOrigin } from '../../../src/policy/index.ts'
import { ask, families, ruleOf, worldOf } from './ask.ts'
import { requireService, serviceConfiguration, serviceDefinition } from './service.ts'

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
