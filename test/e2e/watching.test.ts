/** Asking a network that is up, from the user's side: what it does with packets, which rules decide, how often. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readPcapng } from '../../src/wire/index.ts'
import { describeKernel } from '../kernel/requirements.ts'
import { type Document, example, type Running, User } from './glacis.ts'

describe('a network that is not up', () => {
  const user = new User()
  afterAll(() => user.leave())

  test.each([
    [['watch']],
    [['rules', example, '--unused']],
    [['check', example, '--live']],
    [['trace', example, '--from', 'internet', '--to', 'shop.west', '--dport', '443', '--live']],
  ])('%j says how to bring one up', async (args) => {
    expect(await user.run(...args)).toMatchObject({
      code: 69,
      stderr: expect.stringContaining("'glacis up'"),
    })
  })

  test('rules are listed without hits', async () => {
    const { code, document } = await user.json('rules', example, 'west/ar1')
    expect(code).toBe(0)
    expect(document.running).toBeNull()
    expect(document.points[0].rules[0]).not.toHaveProperty('hits')
  })
})

const suite = (...options: string[]) => {
  const user = new User()
  let network: Running
  beforeAll(async () => {
    network = user.start(['up', example, ...options])
    await network.shows('is up')
  }, 120_000)
  afterAll(async () => {
    network.process.kill('SIGINT')
    await network.finished
    user.leave()
  })
  const toShop = ['--from', 'internet', '--to', 'shop.west', '--live']

  test('R17: one command lists every point and every rule in force, with its tier, origin and hits', async () => {
    const { code, document } = await user.json('rules', example)
    expect(code).toBe(0)
    expect(document.running).toBe('two-sites')
    const { document: check } = await user.json('check', example)
    expect(document.points).toHaveLength(check.summary.points)
    const rules = document.points.flatMap(({ rules }: Document) => rules)
    expect(rules).toHaveLength(check.summary.rules)
    for (const { tier, origin, hits } of rules) {
      expect(tier).not.toBe('')
      expect(origin).toMatch(/^built-in .|^template .|^\S+:\d+:\d+/)
      expect(hits).toMatchObject({ packets: expect.any(Number), bytes: expect.any(Number) })
    }
    const used = rules.filter(({ hits }: Document) => hits.packets > 0)
    expect(used.length).toBeGreaterThan(50)
    const { document: rest } = await user.json('rules', example, '--unused', '--all')
    const unused = rest.points.flatMap(({ rules }: Document) => rules)
    expect(unused.length + used.length).toBeGreaterThanOrEqual(rules.length - 20)
    for (const { hits } of unused) expect(hits.packets).toBe(0)
    const { document: own } = await user.json('rules', example, '--unused')
    const written = own.points.flatMap(({ rules }: Document) => rules)
    expect(Math.abs(written.length + own.leftOut - unused.length)).toBeLessThanOrEqual(20)
    expect(own.leftOut).toBeGreaterThan(100)
    for (const { origin } of written) expect(origin).not.toMatch(/^built-in |^template |^glacis\/templates\//)
  })

  test('what it does with packets is what the model says, decision by decision', async () => {
    const held = user.json('check', example, '--live', '--for', '8s')
    for (const port of ['443', '22', '443']) await user.run('trace', example, ...toShop, '--dport', port)
    const { code, document } = await held
    expect(document).toMatchObject({ ok: true, standing: null, report: { disagreements: [], disagreed: 0 } })
    expect(document.report.agreed).toBeGreaterThan(5)
    expect(code).toBe(0)
  })

  test('a live trace goes as predicted, and is counted', async () => {
    const { code, document } = await user.json('trace', example, ...toShop, '--dport', '443')
    expect(code).toBe(0)
    expect(document).toMatchObject({ ok: true, outcome: 'answered' })
    expect(document.live).toMatchObject({ agrees: true, observed: 'answered', differences: [] })
    expect(document.live.steps.map(({ way }: Document) => way)).toContain('back')
    const { stdout } = await user.run('trace', example, ...toShop, '--dport', '22')
    expect(stdout).toMatch(/sent in two-sites .*silent[\s\S]*deny[\s\S]*✓ it went as predicted/)
  })

  test('watch shows a drop as JSON and writes it to a capture, and ends after it', async () => {
    const file = join(user.folder, 'drops.pcapng')
    const watching = user.start([
      'watch',
      '--verdict',
      'deny',
      '--rule',
      'default/deny',
      '--source',
      '192.0.2.0/24',
      '--count',
      '1',
      '--pcap',
      file,
      '--json',
    ])
    await watching.shows('Watching two-sites')
    await user.run('trace', example, ...toShop, '--dport', '22')
    const { code, stdout } = await watching.finished
    expect(code).toBe(0)
    const event = JSON.parse(stdout)
    expect(event).toMatchObject({
      event: 'drop',
      verdict: 'deny',
      rule: 'default/deny',
      pointKind: 'balancer',
    })
    expect(event.packet).toMatchObject({ protocol: 'tcp', destinationPort: 22 })
    const { interfaces, packets } = readPcapng(readFileSync(file))
    expect(interfaces.map(({ name }) => name)).toEqual([`${event.node} ${event.interface}`])
    expect(packets[0]?.comment).toMatch(/^deny balancer default\/deny built-in /)
  })

  test('watch ends after its time, at Ctrl-C, and when what reads it goes away', async () => {
    expect(await user.run('watch', '--for', '300ms')).toMatchObject({ code: 0 })
    const watching = user.start(['watch'])
    await watching.shows('Watching')
    watching.process.kill('SIGINT')
    expect(await watching.finished).toMatchObject({ code: 0, stderr: expect.stringContaining('events') })
    const deaf = user.start(['watch', '--all'])
    await deaf.shows('Watching')
    deaf.process.stdout?.destroy()
    await user.run('trace', example, ...toShop, '--dport', '443')
    expect(await deaf.finished).toMatchObject({ code: 141 })
  })

  test.each([
    [['watch', '--tenant', 'nobody'], 'contoso'],
    [['watch', '--node', 'nope'], "find node 'nope'"],
    [['watch', '--rule', 'nope'], "find rule 'nope'"],
    [['watch', '--count', '0'], 'at least 1'],
    [['watch', '--limit', '0'], 'at least 1'],
    [['watch', '--source', 'x'], 'give an address or a prefix'],
    [['watch', '--pcap', '/no/such/folder/x'], '--pcap'],
    [['watch', '--name', 'other'], 'no network called other'],
  ])('%j is a mistake with a remedy', async (args, message) => {
    const { code, stderr } = await user.run(...args)
    expect([2, 69]).toContain(code)
    expect(stderr).toContain(message)
  })

  test('watch ends when the network goes down', async () => {
    const watching = user.start(['watch'])
    await watching.shows('Watching')
    await user.run('down')
    expect(await watching.finished).toMatchObject({ code: 69, stderr: expect.stringContaining('gone down') })
  })
}

describe('a network that is up in portable mode', () => suite('--portable'))

describeKernel('a network that is up in the kernel', () => suite())
