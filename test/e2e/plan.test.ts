/** Plans: of two files, of a file and what runs; saved ones are followed only while they fit. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { example, type Running, User } from './glacis.ts'

const user = new User()
const folder = join(user.folder, 'network')
const file = join(folder, 'network.yaml')
const original = readFileSync(example, 'utf8')

/** A copy of the example in which something is another. */
function edited(name: string, from: string | RegExp, to: string): string {
  const path = join(folder, name)
  const text = original.replace(from, to)
  expect(text).not.toBe(original)
  writeFileSync(path, text)
  return path
}

beforeAll(() => cpSync(dirname(example), folder, { recursive: true }))
afterAll(() => user.leave())

describe('plan of two files', () => {
  test('says nothing, with 0, where only comments differ', async () => {
    const commented = edited('commented.yaml', /^/, '# A remark.\n')
    const { code, stdout } = await user.run('plan', example, commented)
    expect([code, stdout]).toEqual([0, expect.stringContaining('No change')])
  })

  test('says what opens and closes, with 2, in text, JSON and for a pull request', async () => {
    const moved = edited('moved.yaml', 'port: 9000', 'port: 9001')
    const { code, stdout } = await user.run('plan', example, moved)
    expect(code).toBe(2)
    expect(stdout).toContain('+ shop web, shop worker → shop worker, within each site: tcp 9001 opened')
    expect(stdout).toContain('- shop web, shop worker → shop worker, within each site: tcp 9000 closed')
    expect(stdout).toMatch(
      /let in by role\/orders at west\/host3\/vm\/shop-worker-0\/in, .*moved\.yaml:92:11/,
    )
    expect(stdout).toContain('✗ expect:orders')
    const { document } = await user.json('plan', example, moved, '--no-proof')
    expect(document).toMatchObject({ ok: true, changes: true, network: 'two-sites', invariants: null })
    expect(document.reach).toMatchObject([
      { kind: 'opened', traffic: [{ families: [4, 6], protocol: 'tcp', ports: ['9001'] }], pairs: 16 },
      {
        kind: 'closed',
        traffic: [{ ports: ['9000'] }],
        example: { stops: { kind: 'rule', id: 'default/deny' } },
      },
    ])
    const { stdout: markdown } = await user.run('plan', example, moved, '--markdown', '--no-proof')
    expect(markdown).toMatch(/^### two-sites: 1 opened, 1 closed/)
    expect(markdown).toContain(
      '**Opened**\n\n- **shop web, shop worker → shop worker, within each site: tcp 9001**',
    )
  }, 60_000)

  test('ends with 1 where it cannot tell', async () => {
    for (const args of [
      ['plan', example, 'missing.yaml'],
      ['plan', 'a', 'b', 'c'],
      ['plan', example, '--name', 'none'],
    ]) {
      const { code, stderr } = await user.run(...args)
      expect([args, code]).toEqual([args, 1])
      expect(stderr).toMatch(/^glacis: (load|read the arguments|plan against what runs)/m)
    }
  }, 60_000)
})

describe('plan of a file and what runs', () => {
  let network: Running
  beforeAll(async () => {
    network = user.start(['up', file, '--portable'])
    await network.shows('is up')
  }, 180_000)
  afterAll(async () => {
    network.process.kill('SIGINT')
    await network.finished
  })

  test('is followed once, and refused when it does not fit any more', async () => {
    const next = edited('next.yaml', 'port: 9000', 'port: 9002')
    const saved = join(folder, 'change.plan')
    // What runs is asked itself: its file may say anything by now.
    writeFileSync(file, 'nothing')
    const { code, document } = await user.json('plan', next, '--out', saved, '--no-proof')
    expect([code, document.old.running]).toEqual([2, { name: 'two-sites', revision: 0 }])
    expect(document.reach).toHaveLength(2)

    expect(await user.run('up', '--plan', saved, '--portable', '--check')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('GL7021'),
    })
    const text = readFileSync(next, 'utf8')
    writeFileSync(next, text.replace('port: 9002', 'port: 9003'))
    expect(await user.run('apply', '--plan', saved)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('says something else than when the plan was made; plan again (GL7021)'),
    })
    writeFileSync(next, text)
    const applied = await user.json('apply', '--plan', saved)
    expect(applied).toMatchObject({ code: 0, document: { revision: 1 } })
    expect(await user.run('apply', '--plan', saved)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'two-sites runs other rules (revision 1) than those from which the plan was made',
      ),
    })
    expect((await user.run('plan', next)).code).toBe(0)
  }, 120_000)

  test('a file that is no plan is refused', async () => {
    for (const [name, text] of [
      ['a.plan', '{}'],
      ['b.plan', 'text'],
    ] as const) {
      const path = join(folder, name)
      writeFileSync(path, text)
      const { code, stderr } = await user.run('apply', '--plan', path)
      expect([code, stderr]).toEqual([2, expect.stringContaining(`read the plan ${path}: `)])
      expect(stderr).toContain('GL7020')
    }
    expect((await user.run('apply', '--plan', join(folder, 'missing'))).stderr).toContain(
      'there is no such file',
    )
  }, 60_000)
})
