/** What every fabric's data plane tells of packets, and what a running network answers about it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventKind } from '../../dataplane/index.ts'
import { groupBy } from '../../model/index.ts'
import { formatIp } from '../../net/index.ts'
import type { PacketEvent } from '../../observe/index.ts'
import { rulesOf } from '../../policy/index.ts'
import { converse, type Opening } from '../../trace/index.ts'
import type { ControlRegistry } from '../control/index.ts'
import {
  type CountersResult,
  type LiveTraceResult,
  labMethods,
  type WatchMessage,
  type WatchParameters,
} from '../control/index.ts'
import type { Fabric, FabricOptions } from '../fabric.ts'
import { RunningNetwork } from '../running-network.ts'
import { droppingRules, fixtureOf, openings } from './fixture.ts'
import { changeTier, withHole } from './mutate-policy.ts'
import { smallNetwork } from './small-network.ts'

/** @param bringUp called once for each network */
export function describeEvents(name: string, bringUp: (options: FabricOptions) => Promise<Fabric>): void {
  describe(`${name}: what the data plane tells`, () => {
    const fixture = fixtureOf(smallNetwork())
    const { network } = fixture
    const opening = openings(network)
    let fabric: Fabric
    let running: RunningNetwork
    let methods: ControlRegistry

    beforeAll(async () => {
      fabric = await bringUp({ network, deployment: fixture.deployment })
      running = new RunningNetwork('small', fabric, fixture)
      methods = labMethods(running)
    })
    afterAll(() => fabric?.close())

    const listen = (kinds: readonly EventKind[], limit?: number) => {
      const events: PacketEvent[] = []
      const stop = running.events.listen({
        kinds,
        ...(limit === undefined ? {} : { limit }),
        hear: (event) => events.push(event),
      })
      return { events, stop }
    }
    const denied = (count: number): Opening[] =>
      Array.from({ length: count }, () => opening('internet', 'lab/ns1', 4, 'udp', 53))

    it('tells of a drop: where, which rule, which packet', async () => {
      const { events, stop } = listen(['drop'])
      const sent = opening('internet', 'lab/shop-web-0', 6, 'tcp', 8080)
      await fabric.probe([sent])
      const wanted = droppingRules(converse(fixture.world, sent))
      await expect.poll(() => ofConversation(events, sent)).toHaveLength(1)
      stop()
      const [event] = ofConversation(events, sent) as [PacketEvent]
      expect(wanted).toContain(`${event.point.id} ${event.rule.id}`)
      expect(event.point.interfaces).toContain(event.interface)
      expect(event.node).toBe(event.point.node)
      expect(event.headers).toMatchObject({ tcpFlags: 2, destinationPort: 8080, family: 6 })
      expect(event.frame).toHaveLength(Math.min(128, event.length))
    })

    it('tells nothing when nobody listens, nor to who has stopped', async () => {
      const { events, stop } = listen(['drop', 'flow', 'pass', 'audit'])
      stop()
      await fabric.probe(denied(3))
      const later = listen(['drop'])
      const [sent] = denied(1) as [Opening]
      await fabric.probe([sent])
      await expect.poll(() => ofConversation(later.events, sent)).toHaveLength(1)
      later.stop()
      expect(questions(later.events)).toBe(1)
      expect(events).toEqual([])
    })

    it('gives each listener the kinds that it asked for', async () => {
      const [drops, flows] = [listen(['drop']), listen(['flow'])]
      const allowed = opening('internet', 'vip:shop', 4, 'tcp', 80)
      await fabric.probe([...denied(1), allowed])
      await expect.poll(() => drops.events.length && flows.events.length).toBeGreaterThan(0)
      drops.stop()
      flows.stop()
      expect(new Set(drops.events.map(({ kind }) => kind))).toEqual(new Set(['drop']))
      expect(new Set(flows.events.map(({ kind }) => kind))).toEqual(new Set(['flow']))
      expect(flows.events.map(({ rule }) => rule.id)).toContain('role/http')
    })

    it('keeps back what is above the limit of an interface, and counts it', async () => {
      const nodes = ['lab/ar1', 'lab/ar2']
      const suppressed = () => nodes.reduce((sum, node) => sum + Number(fabric.untold(node).suppressed), 0)
      const before = suppressed()
      const { events, stop } = listen(['drop'], 1)
      await fabric.probe(denied(40))
      // Kernels send a few packets of their own, which may be among those kept back.
      await expect.poll(() => questions(events) + suppressed() - before).toBeGreaterThanOrEqual(40)
      stop()
      expect(questions(events)).toBeLessThan(40)
    })

    it('keeps back nothing of a machine because of what another on its host does', async () => {
      const machines = groupBy(
        network.nodes.filter(({ kind }) => kind === 'vm'),
        ({ vm }) => vm?.host,
      )
      const neighbours = [...machines.values()].find((list) => list.length > 1) ?? []
      const [loud, quiet] = neighbours.map(({ id }) => id) as [string, string]
      const sent = opening(quiet, 'lab/ns1', 4, 'tcp', 22)
      const flood = Array.from({ length: 40 }, () => opening(loud, 'lab/ns1', 4, 'tcp', 22))
      const { events, stop } = listen(['drop'], 3)
      await fabric.probe([...flood, sent])
      await expect.poll(() => ofConversation(events, sent).length).toBeGreaterThan(0)
      stop()
      const told = flood.filter((one) => ofConversation(events, one).length > 0)
      expect(told.length).toBeLessThan(40)
    })

    const call = (method: string, params: unknown) =>
      methods.call(method, params, { signal: new AbortController().signal, emit: () => true })

    it.each(traced)('a live trace is what the tracer says: %s', async (_, from, to, protocol, port) => {
      for (const family of [4, 6] as const) {
        const sent = opening(from, to, family, protocol, port)
        const result = (await call('trace', paramsOf(sent))) as LiveTraceResult
        expect([result.differences, result.agrees]).toEqual([[], true])
        expect(result.observed).toBe(converse(fixture.world, sent).outcome)
        expect(result.steps.length).toBeGreaterThan(0)
      }
    })

    it('counters: packets, bytes and the last hit of each rule of each point', async () => {
      const before = Date.now()
      await fabric.probe(denied(2))
      const result = (await call('counters', {})) as CountersResult
      expect(result.points.map(({ id, rules }) => [id, rules.map((rule) => rule.id)])).toEqual(
        fixture.policy.points.map((point) => [point.id, rulesOf(point).map(({ rule }) => rule.id)]),
      )
      const rules = result.points.flatMap((point) => point.rules)
      for (const rule of rules) expect(rule.lastHit === null).toBe(rule.packets === 0)
      const latest = Math.max(...rules.map(({ lastHit }) => (lastHit === null ? 0 : Date.parse(lastHit))))
      // A tick is some milliseconds long.
      expect(latest).toBeGreaterThanOrEqual(before - 20)
      expect(latest).toBeLessThanOrEqual(Date.now() + 20)
    })

    it.each([
      ['of the tenant', { tenant: 'contoso' }, 1],
      ['of another tenant', { tenant: 'fabrikam' }, 0],
      ['by source', { source: '192.0.2.0/28' }, 1],
      ['by another source', { source: '10.0.0.0/8' }, 0],
      ['by destination', { destination: '10.1.64.0/18' }, 1],
      ['at a node', { node: 'lab/ar*' }, 1],
      ['at other nodes', { node: 'lab/lb*' }, 0],
      ['by rule', { rule: 'destination' }, 1],
      ['at a point', { point: 'lab/*/external' }, 1],
      ['by verdict', { verdict: 'allow' }, 0],
    ] as const)('watch shows what is wanted: %s', async (_, params: WatchParameters, count) => {
      const { shown, end } = await watch(methods, params)
      const all = listen(['drop'])
      const sent = opening('internet', 'lab/shop-web-0', 4, 'tcp', 8080)
      await fabric.probe([sent])
      await expect.poll(() => ofConversation(all.events, sent)).toHaveLength(1)
      all.stop()
      await end()
      const ports = shown().map(({ packet }) => 'sourcePort' in packet && packet.sourcePort)
      expect(ports.filter((port) => port === sent.sourcePort)).toHaveLength(count)
    })

    it.each([
      [{ tenant: 'nobody' }, 'contoso, fabrikam'],
      [{ node: 'nope' }, "find node 'nope': the running network has none of that name"],
      [{ node: 'host1' }, "did you mean 'lab/host1'?"],
      [{ node: 'lab/host9*' }, 'the running network has none'],
      [{ rule: 'rule/no*' }, "find rule 'rule/no*'"],
      [{ rule: 'defualt' }, "did you mean 'default'?"],
      [{ point: 'lab/ar1/extrenal' }, "did you mean 'lab/ar1/external'?"],
      [{ source: 'x' }, 'give an address or a prefix'],
      [{ kinds: ['drops'] }, 'kinds'],
    ])('watch refuses %j', async (params, message) => {
      await expect(call('watch', params)).rejects.toMatchObject({
        code: 'GL7004',
        message: expect.stringContaining(message),
      })
    })

    it('a trace from no node is refused', async () => {
      const params = { ...paramsOf(opening('internet', 'lab/ns1', 4, 'udp', 53)), from: 'nowhere' }
      await expect(call('trace', params)).rejects.toMatchObject({ code: 'GL7004' })
    })
  })

  describe(`${name}: a data plane that does otherwise than its network file says`, () => {
    const fixture = fixtureOf(smallNetwork())
    const faulty = fixtureOf(
      fixture.network,
      withHole(fixture.policy, 'lab/host2/vm/shop-worker-0/in', 'role'),
    )
    let fabric: Fabric
    beforeAll(async () => {
      fabric = await bringUp({ network: fixture.network, deployment: faulty.deployment })
    })
    afterAll(() => fabric?.close())

    it('is shown by a live trace', async () => {
      const running = new RunningNetwork('small', fabric, fixture)
      const worker = fixture.network.nodes.find(({ id }) => id === 'lab/shop-worker-0')
      expect(worker?.vm?.host).toBe('lab/host2')
      const sent = openings(fixture.network)('lab/shop-web-0', 'lab/shop-worker-0', 4, 'icmp')
      const result = (await labMethods(running).call('trace', paramsOf(sent), {
        signal: new AbortController().signal,
        emit: () => true,
      })) as LiveTraceResult
      expect(result).toMatchObject({ agrees: false, observed: 'answered', predicted: 'silent' })
      expect(result.differences).toContain(
        'test/hole decided at lab/host2/vm/shop-worker-0/in, which the prediction does not say',
      )
    })
  })

  describe(`${name}: events of a network whose rules change`, () => {
    it('name the rules that were in force', async () => {
      const fixture = fixtureOf(smallNetwork())
      const one = {
        id: 'test/none',
        action: 'deny',
        match: { protocol: 253 },
        origin,
        why: 'A test.',
      } as const
      const moved = ['lab/ar1', 'lab/ar2'].reduce(
        (policy, node) =>
          changeTier(policy, `${node}/external/in`, 'source-validation', (rules) => [one, ...rules]),
        fixture.policy,
      )
      const next = fixtureOf(fixture.network, moved)
      const fabric = await bringUp({ network: fixture.network, deployment: fixture.deployment })
      try {
        const running = new RunningNetwork('small', fabric, fixture)
        const events: PacketEvent[] = []
        running.events.listen({ kinds: ['drop'], hear: (event) => events.push(event) })
        const make = openings(fixture.network)
        const [before, after] = [0, 1].map(() => make('internet', 'lab/jump1', 4, 'udp', 53)) as [
          Opening,
          Opening,
        ]
        await fabric.probe([before])
        await fabric.update(next)
        await fabric.probe([after])
        const rules = (sent: Opening) => ofConversation(events, sent).map(({ rule }) => rule.id)
        // All numbers of rules behind the new one have changed.
        const same = [['destination/internal'], ['destination/internal']]
        await expect.poll(() => [rules(before), rules(after)]).toEqual(same)
      } finally {
        await fabric.close()
      }
    })
  })
}

/** Drops, answers, refusals, translations inward, outward and both. */
const traced: readonly (readonly [
  string,
  from: string,
  to: string,
  protocol: Opening['protocol'],
  port: number,
])[] = [
  ['VIP', 'internet', 'vip:shop', 'tcp', 80],
  ['VIP, UDP', 'internet', 'vip:telemetry', 'udp', 5140],
  ['closed port of a VIP', 'internet', 'vip:shop', 'tcp', 4444],
  ['ping of a VIP', 'internet', 'vip:shop', 'icmp', 0],
  ['inside address from outside', 'internet', 'lab/shop-web-0', 'tcp', 8080],
  ['VM to VM', 'lab/shop-web-0', 'lab/shop-worker-0', 'tcp', 9000],
  ['VM to VM, closed', 'lab/telemetry-collector-0', 'lab/shop-worker-0', 'tcp', 9000],
  ['VM to its own VIP', 'lab/shop-web-0', 'vip:shop', 'tcp', 80],
  ['VM to the Internet', 'lab/shop-web-0', 'internet', 'tcp', 80],
  ['VM to a host', 'lab/shop-web-0', 'lab/host1', 'tcp', 7443],
  ['controller to a host', 'lab/fc1', 'lab/host1', 'tcp', 7443],
  ['name service', 'internet', 'vip:names', 'udp', 53],
]

const paramsOf = (sent: Opening) => ({
  ...sent,
  source: formatIp(sent.source),
  destination: formatIp(sent.destination),
})

/** Events about the packet itself: openings have source ports of their own. */
const ofConversation = (events: readonly PacketEvent[], { sourcePort }: Opening): readonly PacketEvent[] =>
  events.filter(({ headers }) => headers.kind === 'ip' && headers.sourcePort === sourcePort)

/** Packets as `denied` makes them. */
const questions = (events: readonly PacketEvent[]): number =>
  events.filter(({ headers }) => headers.kind === 'ip' && headers.destinationPort === 53).length

async function watch(methods: ControlRegistry, params: WatchParameters) {
  const messages: WatchMessage[] = []
  const controller = new AbortController()
  const ended = methods.call('watch', params, {
    signal: controller.signal,
    emit: (message) => messages.push(message as WatchMessage) > 0,
  })
  await expect.poll(() => messages.some((message) => 'started' in message)).toBe(true)
  return {
    shown: () => messages.flatMap((message) => ('event' in message ? [message.event] : [])),
    end: async () => {
      controller.abort()
      await ended
    },
  }
}

const origin = { kind: 'built-in', name: 'test' } as const
