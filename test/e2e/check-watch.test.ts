/** A file is proven again as it is written; so are those that it names. */
import { renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { smallNetwork } from '../../src/model/testing/small-network.ts'
import { type RunOptions, User } from './glacis.ts'

const user = new User()
afterAll(() => user.leave())

const withList = (list: string): string =>
  smallNetwork.replace('    hosts: 2\n', `    hosts: 2\n    acl: ${list}\n`)

/** A running watch, and what it said of each look at the file. */
function watch(file: string, options: RunOptions = {}) {
  const running = user.start(['check', file, '--watch', '--json'], options)
  let output = ''
  running.process.stdout?.on('data', (data) => {
    output += data
  })
  const documents = () =>
    output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  const after = async (change: () => void, looks = 1) => {
    const seen = documents().length
    change()
    await expect.poll(() => documents().length, { timeout: 30_000 }).toBe(seen + looks)
    return documents().at(-1)
  }
  return { running, after }
}

test('check --watch says what holds after each change, and ends with what was found last', async () => {
  const file = join(user.folder, 'network.yaml')
  const list = join(user.folder, 'edge.yaml')
  const text = withList('edge.yaml')
  writeFileSync(list, 'rules: []\n')
  writeFileSync(file, text)
  const { running, after } = watch(file)
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

test('a file that was written while it was first read is read again', async () => {
  const file = join(user.folder, 'meanwhile.yaml')
  writeFileSync(file, 'network: none\n')
  const later = new Date(Date.now() + 60_000)
  utimesSync(file, later, later)
  const { running, after } = watch(file)
  expect(await after(() => {}, 2)).toMatchObject({ ok: false, proof: null })
  running.process.kill('SIGINT')
  expect((await running.finished).code).toBe(2)
})

test('a list that became a link to itself cannot be read, and is read when it is there again', async () => {
  const [file, list] = [join(user.folder, 'linked.yaml'), join(user.folder, 'list.yaml')]
  writeFileSync(list, 'rules: []\n')
  writeFileSync(file, withList('list.yaml'))
  const { running, after } = watch(file)
  expect(await after(() => {})).toMatchObject({ ok: true })
  expect(await after(() => rmSync(list))).toMatchObject({ ok: false })
  const linked = await after(() => symlinkSync('list.yaml', list))
  expect(linked).toMatchObject({
    ok: false,
    diagnostics: [{ code: 'GL1001', hint: 'check that it is a regular file' }],
  })
  const again = await after(() => {
    const next = join(user.folder, 'next.yaml')
    writeFileSync(next, 'rules: []\n')
    renameSync(next, list)
  })
  expect(again).toMatchObject({ ok: true })
  running.process.kill('SIGINT')
  expect((await running.finished).code).toBe(0)
})

/** A file for which a second process is started. */
function largeFile(): string {
  const file = join(user.folder, 'large.yaml')
  writeFileSync(file, smallNetwork + `# ${'-'.repeat(60)}\n`.repeat(2 ** 20 / 60))
  return file
}

test('one Ctrl-C ends the watch of a large file too, with what was found last', async () => {
  // A terminal sends it to every process of the group.
  const { running, after } = watch(largeFile(), { under: ['setsid'] })
  expect(await after(() => {})).toMatchObject({ ok: true })
  process.kill(-(running.process.pid as number), 'SIGINT')
  expect((await running.finished).code).toBe(0)
})

test('the watch of a large file ends when who started it is killed', async () => {
  const { running, after } = watch(largeFile())
  expect(await after(() => {})).toMatchObject({ ok: true })
  running.process.kill('SIGKILL')
  // Its output is open as long as anybody is left who could write to it.
  expect((await running.finished).code).toBe('SIGKILL')
})
