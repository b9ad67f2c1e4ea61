/** Rules change while the network is up, from the user's side. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { example, User } from './glacis.ts'

const user = new User()
afterAll(() => user.leave())

test('apply needs a network that is up', async () => {
  const { code, stderr } = await user.run('apply', example)
  expect(code).toBe(69)
  expect(stderr).toContain("bring one up with 'glacis up'")
})

test('with another network up, that one is named', async () => {
  const network = user.start(['up', example, '--portable', '--name', 'elsewhere'])
  await network.shows('is up')
  const { code, stderr } = await user.run('apply', example)
  expect(code).toBe(69)
  expect(stderr).toContain('no network called two-sites is up; choose another with --name elsewhere')
  expect((await user.run('down', 'elsewhere')).code).toBe(0)
  await network.finished
})

test('apply: other rules, none, mistakes, other machines', async () => {
  const folder = join(user.folder, 'network')
  cpSync(dirname(example), folder, { recursive: true })
  const file = join(folder, 'network.yaml')
  const original = readFileSync(file, 'utf8')
  const edit = (from: string | RegExp, to: string): void => {
    expect(original).toMatch(from)
    writeFileSync(file, original.replace(from, to))
  }
  const network = user.start(['up', file, '--portable'])
  await network.shows('is up')

  const same = await user.json('apply', file)
  expect(same).toMatchObject({
    code: 0,
    document: { ok: true, revision: 1, added: [], removed: [], changed: [] },
  })

  edit(/port: 9000/, 'port: 9001')
  const moved = await user.json('apply', file)
  expect(moved).toMatchObject({ code: 0, document: { ok: true, revision: 2, mode: 'portable' } })
  expect(moved.document.changed).toContainEqual(
    expect.stringMatching(/^west\/host\d\/vm\/shop-worker-0\/in role\/orders$/),
  )
  expect(moved.document.removed).toEqual([])

  edit(/per: source, packets: 50000/, 'per: source, packets: 40000')
  const limited = await user.json('apply', file)
  expect(
    limited.document.changed.filter((rule: string) => rule.startsWith('west/ar1/external/in')),
  ).toHaveLength(1)

  edit(/port: 9000/, 'port: none')
  const wrong = await user.run('apply', file)
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).toMatch(/GL1\d{3}/)

  edit(/hosts: 3/, 'hosts: 4')
  const other = await user.run('apply', file)
  expect(other.code).toBe(2)
  expect(other.stderr).toMatch(/west\/host4 is new \(\S+network\.yaml:\d+:\d+\).*bring it up again/)

  writeFileSync(file, original)
  const back = await user.run('apply', file)
  expect(back.code).toBe(0)
  expect(back.stdout).toMatch(/revision 4 is in force.*\n.*~ {2}west\/ar1\/external\/in /)

  edit(/zone: cloudapp\.example/, 'zone: other.example')
  const elsewhere = ['check', file, '--live', '--for', '1s'] as const
  expect((await user.run(...elsewhere)).code).toBe(1)
  const renamed = await user.run('apply', file)
  expect(renamed.stdout).toMatch(/no rule is another.*\n.*zone: cloudapp\.example → other\.example/)
  expect((await user.run(...elsewhere)).code).toBe(0)

  const { code } = await user.run('down')
  expect(code).toBe(0)
  await network.finished
})
