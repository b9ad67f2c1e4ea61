/** Answers about a running network are about what runs: a file that was changed and not applied is not confirmed by it. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeKernel } from '../kernel/requirements.ts'
import { type Document, example, type Running, User } from './glacis.ts'

const suite = (...options: string[]) => {
  const user = new User()
  const folder = join(user.folder, 'network')
  const file = join(folder, 'network.yaml')
  const changed = join(folder, 'changed.yaml')
  const commented = join(folder, 'commented.yaml')
  const larger = join(folder, 'larger.yaml')
  const worker = ['--from', 'west/shop-web-0', '--to', 'west/shop-worker-0', '--live']
  let network: Running

  beforeAll(async () => {
    cpSync(dirname(example), folder, { recursive: true })
    const original = readFileSync(file, 'utf8')
    const edit = (path: string, from: RegExp, to: string): void => {
      expect(original).toMatch(from)
      writeFileSync(path, original.replace(from, to))
    }
    edit(changed, /port: 9000/, 'port: 9001')
    edit(commented, /^/, '# A remark.\n\n')
    edit(larger, /hosts: 3/, 'hosts: 4')
    network = user.start(['up', file, ...options])
    await network.shows('is up')
  }, 180_000)
  afterAll(async () => {
    network.process.kill('SIGINT')
    await network.finished
    user.leave()
  })

  test('a live trace by a file that does not run confirms nothing', async () => {
    const { code, document } = await user.json('trace', changed, ...worker, '--dport', '9001')
    expect([code, document.ok, document.outcome]).toEqual([1, false, 'answered'])
    expect(document.live).toMatchObject({
      inForce: false,
      revision: 0,
      agrees: false,
      observed: 'silent',
      predicted: 'answered',
      standing: expect.stringContaining(`'glacis apply ${changed}' puts it in force`),
    })
    expect(document.live.differences).toContain(`the outcome is silent, by ${changed} it is answered`)
    // Nor where both say the same of the packet.
    const { code: other, stdout } = await user.run('trace', changed, ...worker, '--dport', '22')
    expect(other).toBe(1)
    expect(stdout).toContain(`${changed} is not what runs in two-sites (revision 0)`)
    expect(stdout).not.toContain('✓')
    const machines = await user.run('trace', larger, ...worker, '--dport', '9000')
    expect(machines).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('other machines, addresses or cables'),
    })
  })

  test('--expect of a live trace is about what happens', async () => {
    const wrong = await user.run('trace', changed, ...worker, '--dport', '9001', '--expect', 'answered')
    expect(wrong).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('expected answered, and it is silent in two-sites'),
    })
    expect(await user.run('trace', file, ...worker, '--dport', '9001', '--expect', 'silent')).toMatchObject({
      code: 0,
    })
  })

  test('a file that says the same in other words is what runs', async () => {
    const { code, document } = await user.json('trace', commented, ...worker, '--dport', '9000')
    expect(code).toBe(0)
    expect(document.live).toMatchObject({ inForce: true, standing: null, agrees: true, observed: 'answered' })
    const { stderr } = await user.run('rules', commented)
    expect(stderr).not.toContain('is not what runs')
  })

  test('a rule that says something else than the one that runs has no hits of it', async () => {
    await user.run('trace', file, ...worker, '--dport', '9000')
    const orders = async (path: string) => {
      const { document } = await user.json('rules', path, 'west/*/vm/shop-worker-0/in')
      const rules: Document[] = document.points[0].rules
      const hitsOf = (wanted: string) => rules.find(({ id }) => id === wanted)?.hits
      return { inForce: document.inForce, orders: hitsOf('role/orders'), flows: hitsOf('flow/none') }
    }
    const running = await orders(file)
    expect(running).toMatchObject({ inForce: true, flows: { packets: expect.any(Number) } })
    expect(running.orders.packets).toBeGreaterThan(0)
    expect(await orders(changed)).toMatchObject({
      inForce: false,
      orders: null,
      flows: { packets: expect.any(Number) },
    })
    const { code, stdout, stderr } = await user.run('rules', changed, 'west/*/vm/shop-worker-0/in')
    expect(code).toBe(0)
    expect(stderr).toContain(`${changed} is not what runs in two-sites (revision 0)`)
    expect(stdout).toMatch(/role\/orders.*9001[\s\S]*?another rule of this name/)
  })

  test('a grant in force is part of the prediction, and its probe is nobody’s use', async () => {
    const toHost = ['--from', 'west/jump1', '--to', 'west/host1', '--dport', '7443', '--live']
    const before = await user.json('trace', file, ...toHost)
    expect([before.code, before.document.live.observed]).toEqual([0, 'silent'])
    const grant = ['--who', 'alice', '--to', 'west/host1', '--for', '10m', '--reason', 'a test']
    expect(await user.run('access', 'grant', ...grant)).toMatchObject({ code: 0 })
    for (const family of ['4', '6']) {
      const { code, document } = await user.json('trace', file, ...toHost, '--family', family)
      expect([code, document.outcome]).toEqual([0, 'answered'])
      expect(document.live).toMatchObject({ agrees: true, observed: 'answered', differences: [] })
      expect(document.decider.rule.id).toBe('grant/in-force')
    }
    const { document: list } = await user.json('access', 'list')
    expect(list.grants).toMatchObject([{ who: 'alice', uses: 0, probes: 2, lastUse: null }])
    const { document: audit } = await user.json('access', 'audit')
    expect(audit.records.map(({ kind }: Document) => kind)).toEqual(['grant', 'probe', 'use', 'probe', 'use'])
    expect(audit.records.at(-1).fields).toMatchObject({ grant: 1, uses: 2, more: 1, probes: 1 })
    expect(await user.run('access', 'revoke', '1')).toMatchObject({ code: 0 })
    expect(await user.run('trace', file, ...toHost, '--expect', 'silent')).toMatchObject({ code: 0 })
  })
}

describe('a file and the network that is up in portable mode', () => suite('--portable'))

describeKernel('a file and the network that is up in the kernel', () => suite())
