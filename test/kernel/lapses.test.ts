/** Somebody takes off, from outside, what enforces the rules of a node of a running lab: it is told, put back, and nothing else is lost. */
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ProgramBuilder, TC_ACT_OK, XDP_PASS } from '../../src/bpf/index.ts'
import {
  attachTcx,
  attachXdp,
  closeNamespace,
  kernelEngine,
  programLink,
  tableRules,
  tcxPrograms,
} from '../../src/kernel/index.ts'
import {
  applyNetwork,
  bringUpKernel,
  describeLapse,
  type KernelFabric,
  type Lapse,
  type LapsesResult,
  labMethods,
  RunningNetwork,
} from '../../src/lab/index.ts'
import { fixtureOf, openings, packetsByRule } from '../../src/lab/testing/fixture.ts'
import { addressOf, smallNetwork } from '../../src/lab/testing/small-network.ts'
import { interfaceNumbers, type Neighbour, neighboursOf } from '../../src/model/index.ts'
import { namespaceOf, runInside, spawnInside } from './inside.ts'
import { describeKernel } from './requirements.ts'

const [worker, web] = ['lab/shop-worker-0', 'lab/shop-web-0']

const guarded = (text: string): string =>
  text.replace(
    'stock: { protocol: udp, port: 9001 }\n',
    `stock: { protocol: udp, port: 9001 }
        guest:
          rules:
            - { name: orders, allow: in, protocol: tcp, ports: 9000 }
`,
  )

describeKernel('what enforces rules, taken off from outside', () => {
  const fixture = fixtureOf(smallNetwork(guarded))
  const { network } = fixture
  const opening = openings(network)
  const host = network.nodes.find(({ id }) => id === worker)?.vm?.host as string
  const port = neighboursOf(network, host).find(({ node }) => node.id === worker)?.near.interface as string
  let fabric: KernelFabric
  let running: RunningNetwork
  let connection: Socket
  const told: Lapse[] = []

  beforeAll(async () => {
    fabric = await bringUpKernel(fixture)
    running = new RunningNetwork('small', fabric, fixture)
    fabric.onLapse((lapse) => told.push(lapse))
    connection = await fabric.connect(web, addressOf(network, worker, 6), 9000)
  })
  afterAll(async () => {
    connection?.destroy()
    await fabric?.close()
  })

  const echo = async (text: string): Promise<string> => {
    connection.write(text)
    const [answer] = (await once(connection, 'data')) as [Buffer]
    return answer.toString()
  }
  /** That VM lets only TCP port 9000 in, whoever judges. */
  const refused = async () =>
    (
      await fabric.probe([opening(web, worker, 4, 'udp', 9001), opening('internet', worker, 4, 'tcp', 22)])
    ).map(({ outcome }) => outcome)
  const applied = () => applyNetwork(running, network)

  const removals = [
    ['a filter', host, ['tc', 'filter', 'del', 'dev', port, 'ingress'], `filter 1 at ingress of ${port}`],
    ['another filter', host, ['tc', 'filter', 'del', 'dev', port, 'egress'], `filter 1 at egress of ${port}`],
    ['the hooks of an interface', host, ['tc', 'qdisc', 'del', 'dev', port, 'clsact'], `ingress of ${port}`],
    ['all tables of a guest', worker, ['nft', 'flush', 'ruleset'], 'nftables table glacis-guest'],
    [
      'the rules of a guest',
      worker,
      ['nft', 'flush', 'table', 'inet', 'glacis-guest'],
      'rules of nftables table',
    ],
    [
      'the sleep of a guest',
      worker,
      ['nft', 'add', 'table', 'inet', 'glacis-guest', '{ flags dormant; }'],
      'which was put to sleep',
    ],
  ] as const

  it.each(removals)('%s is missed, told of and put back', async (_, node, command, missing) => {
    await echo('before')
    const counts = packetsByRule(fabric, fixture)
    const first = told.length
    expect(await runInside(fabric, node, command)).toMatchObject({ code: 0, stderr: '' })
    await expect.poll(() => told[first + 1]?.restored ?? null, { timeout: 10_000 }).not.toBe(null)
    const [begun, ended] = told.slice(first) as [Lapse, Lapse]
    expect(begun).toMatchObject({ node, restored: null })
    expect(begun.missing.join(', ')).toContain(missing)
    expect(ended).toMatchObject({ node, since: begun.since, missing: begun.missing })
    expect(told.length).toBe(first + 2)
    // The connection is still known where it was opened, what was counted is still counted, and the rules hold.
    expect(await echo('after')).toBe('after')
    for (const [rule, count] of packetsByRule(fabric, fixture))
      expect([rule, count >= (counts.get(rule) ?? 0)]).toEqual([rule, true])
    expect(await refused()).toEqual(['silent', 'silent'])
    const { lapses } = (await labMethods(running).call(
      'lapses',
      {},
      { signal: new AbortController().signal, emit: () => true },
    )) as LapsesResult
    expect(lapses).toContainEqual(ended)
  })

  it.each(removals)('%s does not stop other rules from being applied', async (_, node, command) => {
    const first = told.length
    const removed = await runInside(fabric, node, command)
    expect(removed.code).toBe(0)
    await expect(applied()).resolves.toMatchObject({ added: [], removed: [] })
    expect(told.slice(first).map((lapse) => [lapse.node, lapse.restored === null])).toEqual([
      [node, true],
      [node, false],
    ])
    expect(await echo('applied')).toBe('applied')
    expect(await refused()).toEqual(['silent', 'silent'])
  })

  it('rules that a guest adds to ours go again', async () => {
    const { stdout } = await runInside(fabric, worker, ['nft', 'list', 'table', 'inet', 'glacis-guest'])
    const chain = /chain (\S+\/judge) \{/.exec(stdout)?.[1] as string
    const first = told.length
    const words = ['insert', 'rule', 'inet', 'glacis-guest', chain, 'accept']
    expect(await runInside(fabric, worker, ['nft', words.join(' ')])).toMatchObject({ code: 0, stderr: '' })
    await expect.poll(() => told[first + 1]?.restored ?? null, { timeout: 10_000 }).not.toBe(null)
    expect(await refused()).toEqual(['silent', 'silent'])
  })

  it('a guest that loads very many rules into our table, again and again, keeps nobody busy', async () => {
    const rules = Array.from({ length: 40_000 }, () => 'counter accept').join('\n')
    const flood = `table inet glacis-guest {\nchain flood {\n${rules}\n}\n}\n`
    const first = told.length
    for (let time = 0; time < 4; time++)
      expect(await runInside(fabric, worker, ['nft', '-f', '-'], flood)).toMatchObject({
        code: 0,
        stderr: '',
      })
    await applied()
    expect(told.length).toBeGreaterThanOrEqual(first + 2)
    await expect.poll(() => told.at(-1)?.restored ?? null, { timeout: 10_000 }).not.toBe(null)
    const namespace = namespaceOf(fabric, worker)
    try {
      expect(tableRules(namespace, 'glacis-guest')?.rules.filter(({ chain }) => chain === 'flood')).toEqual(
        [],
      )
      const loaded = await runInside(
        fabric,
        worker,
        ['nft', '-f', '-'],
        flood.replace('glacis-guest', 'mine'),
      )
      expect(loaded.code).toBe(0)
      const some = tableRules(namespace, 'mine', 10)?.rules.length
      expect(some).toBeGreaterThan(10)
      expect(some).toBeLessThan(5000)
    } finally {
      await runInside(fabric, worker, ['nft', 'delete', 'table', 'inet', 'mine'])
      closeNamespace(namespace)
    }
    expect(await refused()).toEqual(['silent', 'silent'])
  })

  it('a table of the guest itself is its own affair', async () => {
    const first = told.length
    await runInside(fabric, worker, ['nft', 'add table inet mine; add chain inet mine own'])
    await applied()
    expect(told.slice(first)).toEqual([])
    const { stdout } = await runInside(fabric, worker, ['nft', 'list', 'tables'])
    expect(stdout).toContain('table inet mine')
  })

  it('an XDP program is missed, told of and put back', async () => {
    const counts = packetsByRule(fabric, fixture)
    const first = told.length
    xdpLinks()[0]?.detach()
    await expect.poll(() => told[first + 1]?.restored ?? null, { timeout: 10_000 }).not.toBe(null)
    expect(told[first]?.missing).toEqual([expect.stringMatching(/^XDP program of \S+$/)])
    expect(await applied()).toMatchObject({ added: [] })
    for (const [rule, count] of packetsByRule(fabric, fixture))
      expect([rule, count >= (counts.get(rule) ?? 0)]).toEqual([rule, true])
  })

  it('a program of tcx that would judge before ours is told of and taken off', async () => {
    const first = told.length
    const namespace = namespaceOf(fabric, host)
    const builder = new ProgramBuilder({ name: 'foreign', type: 'sched_cls', license: 'GPL' })
    builder.exit(TC_ACT_OK)
    const program = kernelEngine.load(builder.build(), {})
    const index = interfaceNumbers(network, host).get(port) as number
    const link = attachTcx(namespace, index, 'ingress', program)
    try {
      await expect.poll(() => told[first + 1]?.restored ?? null, { timeout: 10_000 }).not.toBe(null)
      const what = `foreign tcx program ${program.info().id} before filter 1 at ingress of ${port}`
      expect(told[first]).toMatchObject({ node: host, missing: [what] })
      expect(tcxPrograms(namespace, index, 'ingress')).toEqual([])
      expect(await refused()).toEqual(['silent', 'silent'])
    } finally {
      link.close()
      program.close()
      closeNamespace(namespace)
    }
  })

  it('an interface whose hooks somebody takes away again and again lets nothing pass, until rules are applied', async () => {
    const first = told.length
    const taking = spawnInside(fabric, host, 'sh', [
      '-c',
      `while true; do tc qdisc del dev ${port} clsact 2>&1; done`,
    ])
    try {
      const state = () => fabric.lapses.find(({ node }) => node === host)
      await expect.poll(() => state()?.closed, { timeout: 20_000 }).toEqual([port])
      const since = told.length
      expect(describeLapse(told.at(-1) as Lapse)).toMatch(
        new RegExp(`^${host}: closed since \\S+: ${port}: .* open it with glacis apply$`),
      )
      expect(since).toBeLessThanOrEqual(first + 10)
      const [allowed] = await fabric.probe([opening(web, worker, 4, 'tcp', 9000)])
      expect([allowed?.outcome, ...(await refused())]).toEqual(['silent', 'silent', 'silent'])
      // What goes on behind it is nothing new.
      expect(told.length).toBe(since)
    } finally {
      taking.kill()
      await once(taking, 'close')
    }
    await applied()
    expect(told.at(-1)).toMatchObject({ node: host, closed: [] })
    expect(await echo('open')).toBe('open')
    expect(await refused()).toEqual(['silent', 'silent'])
  })

  it('an interface whose place is taken lets nothing pass, until it is free', async () => {
    const router = 'lab/ar1'
    const [name, index] = [...interfaceNumbers(network, router)][0] as [string, number]
    const first = told.length
    const namespace = namespaceOf(fabric, router)
    const builder = new ProgramBuilder({ name: 'foreign', type: 'xdp', license: 'GPL' })
    builder.exit(XDP_PASS)
    const program = kernelEngine.load(builder.build(), {})
    // Which of the links is the router's shows when another takes its place.
    let foreign: ReturnType<typeof attachXdp> | undefined
    for (const link of xdpLinks().filter((one) => one.interfaceIndex() === index)) {
      link.detach()
      try {
        foreign = attachXdp(namespace, index, program)
        break
      } catch {
        // It was another node's, and will be put back.
      }
    }
    try {
      expect(foreign).toBeDefined()
      const state = () => fabric.lapses.find(({ node }) => node === router)
      await expect.poll(() => state()?.reason, { timeout: 10_000 }).toMatch(/attach XDP program/)
      expect(state()).toMatchObject({ missing: [`XDP program of ${name}`], restored: null })
      const { node, far } = neighboursOf(network, router)[0] as Neighbour
      const before = await received(router)
      await runInside(fabric, node.id, ['ping', '-c', '1', '-W', '1', '-I', far.interface, 'ff02::1'])
      expect(await received(router)).toBe(before)
    } finally {
      foreign?.close()
      program.close()
      closeNamespace(namespace)
    }
    await expect
      .poll(() => fabric.lapses.filter(({ restored }) => restored === null), { timeout: 10_000 })
      .toEqual([])
    expect(told.length).toBeGreaterThan(first)
    const [answer] = await fabric.probe([opening('internet', 'vip:shop', 4, 'tcp', 80)])
    expect(answer?.outcome).toBe('answered')
  })

  /** IPv6 packets that a node's stack was handed. */
  const received = async (node: string): Promise<number> => {
    const { stdout } = await runInside(fabric, node, ['cat', '/proc/net/snmp6'])
    return Number(/^Ip6InReceives\s+(\d+)$/m.exec(stdout)?.[1])
  }
})

/** The XDP links that this process holds; to be used at once. */
function xdpLinks() {
  return readdirSync('/proc/self/fdinfo').flatMap((fd) => {
    try {
      const isXdp = /^link_type:\s*xdp$/m.test(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))
      return isXdp ? [programLink(Number(fd), 'found')] : []
    } catch {
      return []
    }
  })
}
