/** Guest firewalls are nftables inside VMs: what they tell is what our own program, in the same place, tells of the same packets. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Attachment, type EventKind, eventKind, type NodeDeployment } from '../../src/dataplane/index.ts'
import { closeNamespace, openPacketLog } from '../../src/kernel/index.ts'
import {
  bringUpKernel,
  bringUpPortable,
  type CountersResult,
  type Fabric,
  type KernelFabric,
  type LiveTraceResult,
  labMethods,
  type Mute,
  RunningNetwork,
} from '../../src/lab/index.ts'
import { fixtureOf, moved, openings, packetsByRule } from '../../src/lab/testing/fixture.ts'
import { smallNetwork } from '../../src/lab/testing/small-network.ts'
import { formatIp } from '../../src/net/index.ts'
import { eventJson, type PacketEvent } from '../../src/observe/index.ts'
import { type RulePlace, rulesOf } from '../../src/policy/index.ts'
import type { Opening } from '../../src/trace/index.ts'
import { namespaceOf, runInside } from './inside.ts'
import { describeKernel } from './requirements.ts'

/** Workers let the first web machine in, and only notice who else asks for their stock; collectors may not look up names. */
const guarded = (text: string): string =>
  text
    .replace(
      'stock: { protocol: udp, port: 9001 }\n',
      `stock: { protocol: udp, port: 9001 }
        guest:
          rules:
            - { name: noticed, deny: in, protocol: udp, ports: 9001, audit: true }
            - { name: orders, allow: in, from: [10.1.64.1/32, 'fd67:6c61:1:64::1/128'], protocol: tcp, ports: 9000 }
            - { name: stock, allow: in, protocol: udp, ports: 9001 }
`,
    )
    .replace(
      'readings: { protocol: udp, port: 5140 }\n',
      `readings: { protocol: udp, port: 5140 }
        guest:
          outbound: deny
          rules:
            - { name: no-names, deny: out, ports: 53, protocol: udp }
            - { name: web, allow: out, to: vms, protocol: tcp }
`,
    )

const everything = Object.keys(eventKind) as EventKind[]

describeKernel('what guest firewalls tell', () => {
  const fixture = fixtureOf(smallNetwork(guarded))
  const opening = openings(fixture.network)
  let fabric: KernelFabric
  let running: RunningNetwork

  beforeAll(async () => {
    fabric = await bringUpKernel(fixture)
    running = new RunningNetwork('small', fabric, fixture)
  })
  afterAll(() => fabric?.close())

  const asked = (family: 4 | 6): readonly Opening[] => [
    opening('lab/shop-web-0', 'lab/shop-worker-0', family, 'tcp', 9000),
    opening('lab/shop-web-1', 'lab/shop-worker-0', family, 'tcp', 9000),
    opening('lab/shop-web-0', 'lab/shop-worker-0', family, 'udp', 9001),
    opening('lab/telemetry-collector-0', 'lab/shop-web-1', family, 'tcp', 8080),
    opening('lab/telemetry-collector-0', 'lab/ns1', family, 'udp', 53),
    opening('lab/telemetry-collector-0', 'lab/ns1', family, 'tcp', 53),
  ]

  it.each([4, 6] as const)('is what our own program tells of the same packets, IPv%i', async (family) => {
    const sent = asked(family)
    const kernel = await firstPackets(running, fabric, sent)
    const other = await bringUpPortable(fixture)
    try {
      const portable = await firstPackets(new RunningNetwork('small', other, fixture), other, sent)
      expect(kernel).toEqual(portable)
    } finally {
      await other.close()
    }
    const rules = kernel.flat().map((line) => line.split(' ').slice(0, 4).join(' '))
    for (const told of [
      'drop lab/shop-worker-0/guest/in default default/deny',
      'flow lab/shop-worker-0/guest/in guest guest/orders',
      'audit lab/shop-worker-0/guest/in guest guest/noticed',
      'drop lab/telemetry-collector-0/guest/out guest guest/no-names',
      'drop lab/telemetry-collector-0/guest/out default default/deny',
      'pass lab/shop-worker-0/guest/out flow flow/established',
    ])
      expect(rules).toContain(told)
  })

  it('shows in a live trace, in its place', async () => {
    const trace = async (sent: Opening) =>
      (await labMethods(running).call(
        'trace',
        { ...sent, source: formatIp(sent.source), destination: formatIp(sent.destination) },
        { signal: new AbortController().signal, emit: () => true },
      )) as LiveTraceResult
    for (const sent of [...asked(4), ...asked(6)]) {
      const { agrees, differences, steps } = await trace(sent)
      expect([differences, agrees]).toEqual([[], true])
      const guests = steps.filter(({ event }) => event.pointKind === 'guest')
      expect(guests.length).toBeGreaterThan(0)
      for (const { event } of guests) expect(event.origin).toMatch(/^(\S*network\S*:\d+:\d+|built-in .*)/)
      const points = steps.map(({ event }) => event.point)
      for (const { event } of guests.filter(({ event }) => event.direction === 'out'))
        if (event.verdict === 'allow')
          expect(points[points.indexOf(event.point) + 1]).toMatch(/\/vm\/[^/]+\/out$/)
    }
  })

  it('is limited in a flood, and what is not told is counted to the last packet', async () => {
    const worker = 'lab/shop-worker-0'
    const rule = `${worker}/guest/in default/deny`
    const target = asked(4)[0]?.destination
    const heard: PacketEvent[] = []
    const before = [packetsByRule(fabric, fixture), fabric.untold(worker)] as const
    const stop = running.events.listen({
      kinds: ['drop'],
      limit: 20,
      hear: (event) => event.node === worker && heard.push(event),
    })
    // TCP to the port that is the first web machine's alone: the hypervisor lets the second one ask, the guest does not.
    const flood = `
      const { connect } = require('node:net')
      for (let i = 0; i < 600; i++) connect(9000, '${target && formatIp(target)}').on('error', () => {})
      setTimeout(() => process.exit(), 1500)`
    expect((await runInside(fabric, 'lab/shop-web-1', [process.execPath, '-e', flood])).code).toBe(0)
    const counted = () => moved(before[0], packetsByRule(fabric, fixture)).get(rule) ?? 0
    const told = () => {
      const { suppressed, lost } = fabric.untold(worker)
      return heard.length + Number(suppressed - before[1].suppressed + lost - before[1].lost)
    }
    await expect.poll(() => told() - counted(), { timeout: 5000 }).toBe(0)
    stop()
    expect(counted()).toBeGreaterThanOrEqual(600)
    expect(heard.length).toBeLessThan(counted() / 2)
    expect(fabric.untold(worker).suppressed).toBeGreaterThan(before[1].suppressed)
    // Nobody listens: nothing is told, or counted as kept back.
    const after = fabric.untold(worker)
    await fabric.probe(asked(4).slice(1, 2))
    expect(fabric.untold(worker)).toEqual(after)
  })

  it('who reads what a guest tells, inside it, silences that guest alone, which is told once', async () => {
    const worker = 'lab/shop-worker-0'
    const told: Mute[] = []
    const stop = fabric.onMute((mute) => told.push(mute))
    const namespace = namespaceOf(fabric, worker)
    const reader = openPacketLog(namespace, { snap: 64, room: 64 * 1024 })
    reader.follow([26_476, 26_477])
    const rules = async () =>
      (await firstPackets(running, fabric, asked(4))).flat().map((line) => line.split(' ')[1])
    try {
      const heard = await rules()
      expect(heard).toContain('lab/telemetry-collector-0/guest/out')
      // Of the groups, only that of audited rules is left to us.
      expect(heard.filter((point) => point === `${worker}/guest/in`)).toEqual([`${worker}/guest/in`])
      await rules()
      expect(told).toEqual([
        { node: worker, reason: expect.stringMatching(/follow packet log group 2647[67]/) },
      ])
      expect(fabric.mutes).toEqual(told)
      const first = await firstMessages(labMethods(running), 2)
      expect(first).toEqual([{ started: { name: 'small', mode: 'kernel' } }, { mute: told[0] }])
    } finally {
      stop()
      reader.close()
      closeNamespace(namespace)
    }
    expect((await rules()).filter((point) => point === `${worker}/guest/in`).length).toBeGreaterThan(1)
    expect(fabric.mutes).toEqual([])
  })

  it('is only what the guest claims, and of that only what its own rules can do where they stand', async () => {
    const worker = 'lab/shop-worker-0'
    const own = fixture.deployment.nodes.get(worker) as NodeDeployment
    const slotOf = (direction: string, rule: (place: RulePlace) => boolean) => {
      const { point } = own.attachments.find(({ point: one }) => one.direction === direction) as Attachment
      return (own.firstCounters.get(point.id) as number) + rulesOf(point).findIndex(rule)
    }
    const denies = ({ rule, audited }: RulePlace) => rule.action === 'deny' && !audited
    const allows = ({ rule }: RulePlace) => rule.action === 'allow'
    const sent = slotOf('out', denies)
    const forged = [
      `0/${sent}`,
      `0/${slotOf('in', denies)}`,
      `0/${slotOf('out', allows)}`,
      '0/100000',
      '0/-1',
      '0/0x1',
      '0/1e0',
      `00000000000${sent}`,
      `7/${sent}`,
      '',
    ]
    const rules = forged.map(
      (prefix) => `udp dport 7 log ${prefix === '' ? '' : `prefix "${prefix}"`} group ${0x676c}`,
    )
    const table = `table inet mine {
      chain out { type filter hook output priority -500; ${rules.join('; ')}; }
    }`
    const heard: PacketEvent[] = []
    const stop = running.events.listen({
      kinds: everything,
      hear: (event) => {
        if (event.headers.kind === 'ip' && event.headers.destinationPort === 7) heard.push(event)
      },
    })
    try {
      expect(await runInside(fabric, worker, ['nft', '-f', '-'], table)).toMatchObject({ code: 0 })
      await fabric.probe([opening(worker, 'lab/shop-web-0', 4, 'udp', 7)])
      const guests = () => heard.filter(({ point }) => point.kind === 'guest')
      await expect.poll(() => guests().length).toBeGreaterThan(0)
      const lines = guests().map(({ kind, node, point }) => `${kind} ${node} ${point.id}`)
      expect(lines.filter((line) => line.startsWith('drop'))).toEqual([`drop ${worker} ${worker}/guest/out`])
      for (const event of heard) expect(eventJson(event, 0n).claimed).toBe(event.point.kind === 'guest')
      // What the host tells of the same packet is no claim.
      expect(heard.some(({ point }) => point.kind === 'hypervisor')).toBe(true)
    } finally {
      stop()
      await runInside(fabric, worker, ['nft', 'delete', 'table', 'inet', 'mine'])
    }
  })

  it('rules have a last hit, which later questions do not move', async () => {
    const rule = async () => {
      const context = { signal: new AbortController().signal, emit: () => true }
      const { points } = (await labMethods(running).call('counters', {}, context)) as CountersResult
      return points
        .find(({ id }) => id === 'lab/telemetry-collector-0/guest/out')
        ?.rules.find(({ id }) => id === 'guest/no-names')
    }
    const start = Date.now()
    await fabric.probe(asked(6))
    const { lastHit, packets } = (await rule()) as NonNullable<Awaited<ReturnType<typeof rule>>>
    expect(packets).toBeGreaterThan(0)
    // A tick is some milliseconds long.
    expect(Date.parse(lastHit as string)).toBeGreaterThanOrEqual(start - 20)
    expect(Date.parse(lastHit as string)).toBeLessThanOrEqual(Date.now() + 20)
    // A later question does not move it.
    await fabric.probe(asked(4).slice(1, 2))
    const later = Date.parse((await rule())?.lastHit as string)
    expect(Math.abs(later - Date.parse(lastHit as string))).toBeLessThanOrEqual(40)
  })
})

/** What somebody who watches is told first. */
async function firstMessages(methods: ReturnType<typeof labMethods>, count: number) {
  const ended = new AbortController()
  const messages: unknown[] = []
  await methods.call(
    'watch',
    {},
    {
      signal: ended.signal,
      emit: (message) => {
        if (messages.push(message) === count) ended.abort()
        return true
      },
    },
  )
  return messages
}

/** What guests told of each packet and of what came back, without what differs from time to time. */
async function firstPackets(
  running: RunningNetwork,
  fabric: Fabric,
  sent: readonly Opening[],
): Promise<readonly (readonly string[])[]> {
  const events: PacketEvent[] = []
  const stop = running.events.listen({ kinds: everything, hear: (event) => events.push(event) })
  await fabric.probe(sent)
  stop()
  return sent.map(({ sourcePort }) => {
    const own = events.filter(
      ({ point, headers }) =>
        point.kind === 'guest' &&
        headers.kind === 'ip' &&
        (headers.sourcePort === sourcePort || headers.destinationPort === sourcePort),
    )
    // What follows the first packet of each direction is as real connections are.
    const firsts = new Map(
      own.map((event) => [`${event.point.id} ${event.kind === 'audit'}`, event] as const).reverse(),
    )
    return [...firsts.values()].map(lineOf).sort()
  })
}

function lineOf({ kind, point, tier, rule, interface: name, headers, frame }: PacketEvent): string {
  if (headers.kind === 'odd') throw new Error(`told of ${headers.reason}`)
  const { source, destination, sourcePort, destinationPort } = headers
  const flow = `${formatIp(source)} ${sourcePort} ${formatIp(destination)} ${destinationPort}`
  // Both link-layer addresses and the type; those of the network file, in whatever engine.
  const link = Buffer.from(frame.subarray(0, 14)).toString('hex')
  return `${kind} ${point.id} ${tier} ${rule.id} ${name} ${flow} ${link}`
}
