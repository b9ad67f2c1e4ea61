import fc from 'fast-check'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { describe, expect, it, vi } from 'vitest'
import { type Network, nodesOfKind, parseNetwork, vmsOfHost } from '../model/index.ts'
import { smallNetwork } from '../model/testing/small-network.ts'
import { type Ip, ip } from '../net/index.ts'
import type { AgentRequest, AgentResponse } from './exchange.ts'
import { parseHealthReport } from './health-report.ts'
import { HostAgents, type HostApplication } from './host-agents.ts'
import { nameUuid } from './identity.ts'

const network = parseNetwork(smallNetwork).network as Network
const host = 'west/host1'
const [vm] = vmsOfHost(network, host)
if (!vm) throw new Error('test: the host has a VM')

const ask = (
  agents: HostAgents,
  application: HostApplication,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  { method = 'GET', body = '', source = vm.addresses[0] as Ip } = {},
): AgentResponse => {
  const [path = '', query] = target.split('?')
  const request: AgentRequest = {
    method,
    path,
    query: new URLSearchParams(query),
    headers: new Map(Object.entries(headers)),
    body,
  }
  return agents.answer(application, { host, source, authority: '168.63.129.16:80' }, request)
}

const metadata = (target: string, headers: Readonly<Record<string, string>> = { metadata: 'true' }) =>
  ask(new HostAgents(network), 'instance-metadata', target, headers)
const version = 'api-version=2021-12-13'

describe('the metadata server', () => {
  it.each([
    ['/metadata/versions', 200, '{"apiVersions":["2021-02-01","2021-12-13","2023-07-01"]}\n'],
    [`/metadata/instance/compute/name?${version}&format=text`, 200, vm.name],
    [`/metadata/instance/network?${version}&format=text`, 200, 'interface/'],
    [`/metadata/instance/network/interface?${version}&format=text`, 200, '0/'],
    [
      `/metadata/instance/network/interface/0/ipv4/ipAddress/0/privateIpAddress?${version}&format=text`,
      200,
      '10.16.64.1',
    ],
    [
      `/metadata/instance/network/interface/0/ipv6/subnet?${version}`,
      200,
      '[{"address":"fd00:0:16:3::","prefix":"64"}]\n',
    ],
  ] as const)('answers %s', (target, status, body) => {
    expect(metadata(target)).toMatchObject({ status, body })
  })

  it.each([
    ['/metadata/instance', 400, 'api-version was not specified'],
    ['/metadata/instance?api-version=2001-01-01', 400, 'api-version is invalid'],
    [`/metadata/instance?${version}&${version}`, 400, 'api-version is invalid'],
    [`/metadata/instance?${version}&format=xml`, 400, 'format must be'],
    [`/metadata/instance/compute/name?${version}`, 400, 'add format=text'],
    [`/metadata/instance/compute/password?${version}`, 404, 'Not found'],
    [`/metadata/instance/compute/__proto__?${version}`, 404, 'Not found'],
    [`/metadata/instance/network/interface/-1?${version}`, 404, 'Not found'],
    [`/metadata/instance/network/interface/length?${version}`, 404, 'Not found'],
    [`/metadata/identity?${version}`, 404, 'Not found'],
    ['/', 404, 'Not found'],
  ] as const)('refuses %s', (target, status, message) => {
    const answer = metadata(target)
    expect(answer.status).toBe(status)
    expect(answer.body).toContain(message)
  })

  it('refuses what was passed on, and what lacks the header, before it says anything else', () => {
    for (const name of ['x-forwarded-for', 'forwarded', 'via'])
      expect(metadata('/', { metadata: 'true', [name]: '' }).status).toBe(400)
    expect(metadata('/', {}).status).toBe(400)
    expect(metadata('/metadata/versions', {}).status).toBe(400)
  })
})

const agent = { 'x-ms-version': '2012-11-30' }
const between = (body: string, tag: string): string => new RegExp(`<${tag}>([^<]*)<`).exec(body)?.[1] ?? ''
const report = (container: string, instance: string, state: string, more = '') =>
  `<?xml version="1.0"?><Health><GoalStateIncarnation>1</GoalStateIncarnation><Container>` +
  `<ContainerId>${container}</ContainerId><RoleInstanceList><Role><InstanceId>${instance}</InstanceId>` +
  `<Health><State>${state}</State>${more}</Health></Role></RoleInstanceList></Container></Health>`

describe('the wire server', () => {
  const goalState = (agents: HostAgents) => ask(agents, 'wire-server', '/machine/?comp=goalstate', agent).body

  it('records what a VM says of itself, and its last word counts', () => {
    const agents = new HostAgents(network)
    const [container, instance] = ['ContainerId', 'InstanceId'].map((tag) => between(goalState(agents), tag))
    const post = (body: string) =>
      ask(agents, 'wire-server', '/machine?comp=health', agent, { method: 'POST', body }).status
    const details =
      '<Details><SubStatus>Provisioning</SubStatus><Description>a &lt; b</Description></Details>'
    expect(agents.status(host)[0]).toEqual({ vm: vm.id, incarnation: 1 })
    expect(post(report(container as string, instance as string, 'NotReady', details))).toBe(200)
    expect(agents.status(host)[0]?.heartbeat).toMatchObject({
      state: 'NotReady',
      subStatus: 'Provisioning',
      description: 'a < b',
    })
    expect(post(report(container as string, instance as string, 'Ready'))).toBe(200)
    expect(agents.status(host)[0]?.heartbeat).toMatchObject({ state: 'Ready', incarnation: 1 })
    expect(post(report('another', instance as string, 'Ready'))).toBe(403)
    expect(post(report(container as string, instance as string, '<Ready/>'))).toBe(400)
    expect(post('')).toBe(400)
  })

  it('counts what it gave its VMs, and does not give old configuration', () => {
    const agents = new HostAgents(network)
    const config = (from: string) => between(from, 'SharedConfig').replaceAll('&#38;', '&').slice(23)
    const first = goalState(agents)
    expect(ask(agents, 'wire-server', config(first), agent).body).toContain('10.16.64.1:8443')
    agents.apply(network)
    const second = goalState(agents)
    expect([first, second].map((body) => between(body, 'Incarnation'))).toEqual(['1', '2'])
    expect(ask(agents, 'wire-server', config(first), agent).status).toBe(410)
    expect(ask(agents, 'wire-server', config(second), agent).status).toBe(200)
  })

  it('reads a path the same with slashes at its end', () => {
    const agents = new HostAgents(network)
    for (const target of ['/machine', '/machine/', '/machine///'])
      expect(ask(agents, 'wire-server', `${target}?comp=goalstate`, agent).status).toBe(200)
    expect(ask(agents, 'wire-server', '//?comp=versions').status).toBe(200)
  })

  it('reads a long path by no regular expression, which could begin anew at each slash', () => {
    const replace = vi.spyOn(RegExp.prototype, Symbol.replace)
    const exec = vi.spyOn(RegExp.prototype, 'exec')
    const answer = ask(new HostAgents(network), 'wire-server', `/machine${'/'.repeat(7900)}x`, agent)
    const calls = [...replace.mock.calls, ...exec.mock.calls].filter(([text]) => String(text).includes('//'))
    vi.restoreAllMocks()
    expect(answer.status).toBe(404)
    expect(calls).toEqual([])
  })

  it.each([
    ['/machine?comp=goalstate', 'POST', 405],
    ['/machine?comp=health', 'GET', 405],
    ['/machine?comp=none', 'GET', 404],
    ['/machine/a/b?comp=config&type=sharedConfig', 'GET', 404],
    ['/', 'GET', 404],
    ['/machine//x?comp=goalstate', 'GET', 404],
    ['/machines?comp=goalstate', 'GET', 404],
  ])('refuses %s by %s', (target, method, status) => {
    expect(ask(new HostAgents(network), 'wire-server', target, agent, { method }).status).toBe(status)
  })
})

describe('the agents', () => {
  it.each(['wire-server', 'vm-settings', 'instance-metadata'] as const)(
    'answer VMs of their own host alone: %s',
    (application) => {
      const strangers = [
        ...nodesOfKind(network, 'west', 'vm').filter((other) => other.vm?.host !== host),
        ...nodesOfKind(network, 'west', 'fabric-controller'),
      ].flatMap(({ addresses }) => addresses)
      for (const source of [...strangers, ip('192.0.2.1')])
        expect(ask(new HostAgents(network), application, '/health', {}, { source }).status).toBe(403)
    },
  )

  it('answer so many requests of a VM at once and a second, whatever it asks, and not at the cost of others', () => {
    let now = 0
    const agents = new HostAgents(network, () => now)
    const other = vmsOfHost(network, host)[1]
    const applications = ['wire-server', 'vm-settings', 'instance-metadata'] as const
    const answered = (node = vm, times = 150): number =>
      Array.from({ length: times }, (_, i) => {
        const source = node.addresses[i % node.addresses.length] as Ip
        return ask(agents, applications[i % 3] ?? 'vm-settings', '/x', {}, { source }).status
      }).filter((status) => status !== 429).length
    expect(answered()).toBe(100)
    expect(answered(other)).toBe(100)
    now += 1000
    expect(answered()).toBe(50)
    agents.apply(network)
    const refused = ask(agents, 'vm-settings', '/health')
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '1' } })
  })

  it('give each VM ids of its own', () => {
    const ids = nodesOfKind(network, 'west', 'vm').map(({ id }) => nameUuid(id))
    expect(new Set(ids).size).toBe(ids.length)
    // What Python's uuid.uuid5(uuid.NAMESPACE_URL, …) gives.
    expect(nameUuid('http://www.example.com/')).toBe('fcde3c85-2270-590f-9e7c-ee003d65e0e2')
  })
})

describe('a health report', () => {
  const whole = report('c', 'i', 'Ready', '<Details><Description>well</Description></Details>')

  it.each([
    ['a document type', `<!DOCTYPE x [<!ENTITY a "b">]>${whole}`],
    ['an entity that nobody defined as a state', whole.replace('Ready', '&a;')],
    ['two roles', whole.replace('</Role>', '</Role><Role><InstanceId>j</InstanceId></Role>')],
    ['no number', whole.replace('>1<', '>one<')],
    ['a number that is too long', whole.replace('>1<', '>11111111111111<')],
    ['half of it', whole.slice(0, 100)],
    ['prototypes', '<Health><__proto__><a>1</a></__proto__></Health>'],
    ['what is no XML', 'Ready'],
  ])('is none with %s', (_, text) => {
    expect(parseHealthReport(text)).toBeUndefined()
  })

  it('has at most 8192 characters and 64 elements', () => {
    const padded = (length: number) => whole.replace('well', 'x'.repeat(length - whole.length + 4))
    expect(parseHealthReport(padded(8192))?.state).toBe('Ready')
    expect(parseHealthReport(padded(8193))).toBeUndefined()
    // It has eleven elements itself, and the XML declaration.
    const filled = (more: number) => whole.replace('<Details>', `<Details>${'<b></b>'.repeat(more)}`)
    expect(whole.match(/<\w/g)?.length).toBe(11)
    expect(parseHealthReport(filled(53))?.state).toBe('Ready')
    expect(parseHealthReport(filled(54))).toBeUndefined()
  })

  it('of more than that is refused before it is parsed', () => {
    const parse = vi.spyOn(XMLParser.prototype, 'parse')
    const validate = vi.spyOn(XMLValidator, 'validate')
    for (const text of [`<a>${'x<b/>'.repeat(1300)}</a>`, '<a>'.repeat(130), 'x'.repeat(8193)])
      expect(parseHealthReport(text)).toBeUndefined()
    expect(parse).not.toHaveBeenCalled()
    expect(validate).not.toHaveBeenCalled()
    expect(parseHealthReport(whole)?.state).toBe('Ready')
    expect(parse).toHaveBeenCalledOnce()
    expect(validate).toHaveBeenCalledOnce()
    vi.restoreAllMocks()
  })

  it('keeps so much of a description', () => {
    expect(parseHealthReport(whole.replace('well', 'x'.repeat(4000)))?.description?.length).toBe(1024)
  })

  it('never throws, whatever is changed in it', () => {
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(40), fc.string({ maxLength: 40 }), (at, cut, text) => {
        const mutated = whole.slice(0, at) + text + whole.slice(at + cut)
        const found = parseHealthReport(mutated)
        if (found) expect(found.state).toMatch(/^[A-Za-z]{1,32}$/)
      }),
    )
  })
})
