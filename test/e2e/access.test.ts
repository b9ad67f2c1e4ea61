/** Support access as staff use it, and commands of users who may not ask the network that is up. */
import { chmodSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeKernel } from '../kernel/requirements.ts'
import { example, type Running, User } from './glacis.ts'

// Portable networks are known and asked as those in the kernel are.
describeKernel('a network of root', () => {
  const user = new User()
  const log = join(user.state, 'two-sites.access.jsonl')
  let network: Running

  const grant = (to: string, ...more: string[]) => {
    const wish = ['--who', 'alice', '--to', to, '--for', '10m', '--reason', 'disk errors']
    return user.json('access', 'grant', ...wish, ...more)
  }
  const audit = () => user.json('access', 'audit')
  const kindsOf = (records: readonly { readonly kind: string }[]) => records.map(({ kind }) => kind)
  const asNobody = async (...args: string[]) => {
    const under = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
    return user.start(args, { under }).finished
  }

  beforeAll(async () => {
    chmodSync(user.folder, 0o755)
    network = user.start(['up', example, '--portable'])
    await network.shows('Ctrl-C')
  })
  afterAll(() => user.leave())

  test('has an audit log from the first moment, and refusals are in it, of unknown hosts too', async () => {
    expect(await audit()).toMatchObject({ code: 0, document: { ok: true, log, records: [] } })
    expect(await grant('west/host9')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("there is no host 'west/host9'; did you mean"),
    })
    expect((await grant('west/host1', '--from', 'west/nowhere')).code).toBe(2)
    expect((await grant('west/host1', '--reason', 'x'.repeat(3000))).code).toBe(2)
    const { code, document } = await audit()
    expect(code).toBe(0)
    expect(kindsOf(document.records)).toEqual(['refuse', 'refuse', 'refuse'])
    expect(document.records[0].fields).toMatchObject({ who: 'alice', to: 'west/host9', code: 'GL7010' })
  })

  test.each([
    ['watch'],
    ['access', 'list'],
    ['access', 'audit'],
    ['apply', example],
    ['trace', example, '--from', 'internet', '--to', 'shop.west', '--dport', '443', '--live'],
    ['rules', example, '--unused'],
    ['shell', 'internet'],
    ['down'],
    ['watch', '--name', 'two-sites'],
  ])('is for root: %s %s', async (...args) => {
    const before = readdirSync(user.state)
    const { code, stderr } = await asNobody(...args)
    expect(stderr).toContain('this is for root; use sudo')
    expect(code).toBe(69)
    expect(readdirSync(user.state)).toEqual(before)
  })

  test.each([['rules'], ['nodes']])('is told of by %s, which says what it can', async (verb) => {
    const { code, stdout, stderr } = await asNobody(verb, example)
    expect(code).toBe(0)
    expect(stdout).toContain('west/host1')
    expect(stderr).toMatch(/a network called two-sites that this user may not ask.*use sudo/)
  })

  test('grants nothing while its log is not there, says what to do, and goes on when that is done', async () => {
    expect((await grant('west/host1')).code).toBe(0)
    renameSync(log, `${log}.1`)
    for (let attempt = 0; attempt < 3; attempt++) {
      const { code, stderr } = await grant('west/host2')
      expect(code).toBe(69)
      expect(stderr).toMatch(/was moved away while the network was up; put it back .*GL7014/)
    }
    await network.shows('Damaged: audit log')
    const missing = await audit()
    expect(missing.code).toBe(1)
    expect(missing.document.findings).toMatchObject([
      { message: expect.stringMatching(/: 5 records are missing$/) },
    ])
    expect((await user.run('access', 'revoke', '1')).code).toBe(0)
    renameSync(`${log}.1`, log)
    expect((await grant('west/host2')).code).toBe(0)
    const { code, document } = await audit()
    expect(code).toBe(1)
    expect(kindsOf(document.records).slice(3)).toEqual([
      ...['grant', 'damaged', 'refuse', 'refuse', 'refuse', 'revoke', 'grant'],
    ])
  })

  test('ends; a head that is left alone is a finding, and nothing is where neither is', async () => {
    await user.run('down')
    await network.finished
    expect(existsSync(log)).toBe(true)
    rmSync(log)
    const missing = await audit()
    expect(missing.code).toBe(1)
    expect(missing.document.findings).toMatchObject([
      { message: expect.stringMatching(/: 11 records are missing$/) },
    ])
    rmSync(`${log}.head`)
    const { code, stderr } = await audit()
    expect(code).toBe(69)
    expect(stderr).toContain('there is none here')
  })
})
