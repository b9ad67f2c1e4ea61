/** A file is proven again as it is written; so are those that it names. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { smallNetwork } from '../../src/model/testing/small-network.ts'
import { User } from './glacis.ts'

const user = new User()
afterAll(() => user.leave())

test('check --watch says what holds after each change, and ends with what was found last', async () => {
  const file = join(user.folder, 'network.yaml')
  const list = join(user.folder, 'edge.yaml')
  const text = smallNetwork.replace('    hosts: 2\n', `    hosts: 2\n    acl: edge.yaml\n`)
  writeFileSync(list, 'rules: []\n')
  writeFileSync(file, text)
  const running = user.start(['check', file, '--watch', '--json'])
  let output = ''
  running.process.stdout?.on('data', (data) => {
    output += data
  })
  const documents = () =>
    output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  const after = async (change: () => void) => {
    const seen = documents().length
    change()
    await expect.poll(() => documents().length, { timeout: 30_000 }).toBe(seen + 1)
    return documents().at(-1)
  }
  expect(await after(() => {})).toMatchObject({ ok: true, whole: true })
  const port = await after(() => writeFileSync(file, text.replace('port: 9000', 'port: 9001')))
  expect(port).toMatchObject({ ok: true, whole: false })
  const slip = await after(() => writeFileSync(file, text.replace('port: 9000', 'port: 90000')))
  expect(slip).toMatchObject({ ok: false, proof: null, diagnostics: [{ severity: 'error' }] })
  expect(await after(() => writeFileSync(file, text))).toMatchObject({ ok: true })
  const imported = await after(() =>
    writeFileSync(list, 'rules:\n  - { name: mail, deny: in, protocol: tcp, ports: 25 }\n'),
  )
  expect(imported.ok).toBe(true)
  running.process.kill('SIGINT')
  expect((await running.finished).code).toBe(0)
})
