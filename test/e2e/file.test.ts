/** What the command says about files: good ones, bad ones, and what is no file at all. */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { example, type Finished, User } from './glacis.ts'

const user = new User()
afterAll(() => user.leave())

const write = (name: string, content: string | Uint8Array): string => {
  const path = join(user.folder, name)
  writeFileSync(path, content)
  return path
}

/** No mistake of the user may look like one of ours. */
const expectMistake = ({ code, stdout, stderr }: Finished): void => {
  expect(code).toBe(2)
  expect(stdout + stderr).not.toMatch(/\n\s+at .*:\d+|bug in Glacis|\[object Object\]|undefined/)
}

test('a good file is a network', async () => {
  const { code, document } = await user.json('check', example)
  expect(code).toBe(0)
  expect(document).toMatchObject({
    ok: true,
    file: example,
    diagnostics: [],
    summary: { network: 'two-sites', sites: ['west', 'east'] },
  })
  expect(document.summary.rules).toBeGreaterThan(document.summary.points)
})

test('every mistake is shown with its place, its line, a caret and a hint', async () => {
  const text = readFileSync(example, 'utf8')
    .replace('tenant: contoso', 'tennant: contoso')
    .replace('198.51.100.40', '198.51.100.250')
  const path = write('bad.yaml', text)
  const line = text.split('\n').findIndex((content) => content.includes('tennant')) + 1
  const checked = await user.json('check', path)
  expectMistake(checked)
  expect(checked.stderr).toContain(`${path}:${line}:5: error GL1008: unknown key 'tennant'`)
  expect(checked.stderr).toMatch(/\| {5}tennant: contoso\n.*\| {5}\^{7}\n.*did you mean 'tenant'\?/)
  expect(checked.document.ok).toBe(false)
  expect(checked.document.diagnostics).toContainEqual(
    expect.objectContaining({ code: 'GL1008', severity: 'error', file: path, line, column: 5, length: 7 }),
  )
  expect(checked.document.diagnostics).toContainEqual(expect.objectContaining({ code: 'GL2004' }))
})

test('other commands refuse a bad file in the same words', async () => {
  const path = write('wrong.yaml', 'network: 7\n')
  for (const args of [['rules'], ['up', '--check'], ['trace', '--from', 'a', '--to', 'b', '--dport', '1']]) {
    const [verb = '', ...options] = args
    const refused = await user.json(verb, path, ...options)
    expectMistake(refused)
    expect(refused.stderr).toContain(`${path}:1:`)
    expect(refused.document).toMatchObject({ ok: false, error: { exitCode: 2 } })
    expect(refused.document.diagnostics.length).toBeGreaterThan(0)
  }
})

test.each<[what: string, path: () => string, says: RegExp]>([
  ['a missing file', () => join(user.folder, 'none.yaml'), /there is no such file/],
  ['a directory', () => user.folder, /it is a directory/],
  ['an empty name', () => '', /there is no such file/],
  ['an empty file', () => write('empty.yaml', ''), /must be a mapping/],
  [
    'binary garbage',
    () => write('garbage.yaml', new Uint8Array([0xff, 0xfe, ...randomBytes(4096)])),
    /UTF-8/,
  ],
  ['an alias bomb', () => write('bomb.yaml', bomb()), /aliases expanded/],
])('%s is a mistake, not a crash', async (_, path, says) => {
  const checked = await user.json('check', path())
  expectMistake(checked)
  expect(checked.stderr).toMatch(says)
  expect(checked.document.diagnostics).toHaveLength(1)
})

/** 9⁷ values in a few lines. */
function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 7; i++)
    lines.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    )
  return `${lines.join('\n')}\nnetwork: *a6\n`
}

test('a generated file is a network', async () => {
  const generated = await user.run('generate', '--vms', '40', '--sites', '2')
  expect(generated).toMatchObject({ code: 0, stderr: '' })
  const path = write('generated.yaml', generated.stdout)
  const { document } = await user.json('check', path)
  expect(document).toMatchObject({ ok: true, summary: { vms: 40 } })
})

test('a network that cannot be generated is refused with the limit', async () => {
  const refused = await user.json('generate', '--vms', '999999999')
  expectMistake(refused)
  expect(refused.document.error.message).toMatch(/200000/)
})

test('a diagnostic is explained; one that is none is not', async () => {
  const { code, stdout } = await user.run('explain', 'gl2001')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^GL2001/)
  const unknown = await user.run('explain', 'GL2')
  expectMistake(unknown)
  expect(unknown.stderr).toContain('GL2001')
})
