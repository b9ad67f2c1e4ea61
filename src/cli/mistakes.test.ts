import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { main } from './main.ts'

let folder: string
/** A network whose template names a file that is not there. */
const naming = readFileSync('examples/two-sites/network.yaml', 'utf8').replace(
  '    hosts: 3\n',
  '    hosts: 3\n    machine-config: none.yaml\n',
)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'glacis-mistakes-'))
  writeFileSync(join(folder, 'group.json'), '{}')
  writeFileSync(join(folder, 'latin1.yaml'), new Uint8Array([0x6e, 0xe9]))
  writeFileSync(join(folder, 'one.yaml'), 'a list\n')
  writeFileSync(join(folder, 'names-none.yaml'), naming)
  writeFileSync(join(folder, 'several.yaml'), 'network: 7\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

const path = (file: string) => join(folder, file)

async function lastLine(...argv: string[]): Promise<{ exitCode: number; said: string; last: string }> {
  let said = ''
  const exitCode = await main(argv, {
    stdout: { write: () => true },
    stderr: { write: (text: string) => (said += text) },
  })
  return { exitCode, said, last: said.trimEnd().split('\n').at(-1) ?? '' }
}

test.each([
  ['check', 'none.yaml', "the file cannot be read; see the hint above ('glacis explain GL1001' tells more)"],
  ['check', '.', "the file cannot be read; see the hint above ('glacis explain GL1001' tells more)"],
  [
    'check',
    'latin1.yaml',
    "the file cannot be read; see the hint above ('glacis explain GL1003' tells more)",
  ],
  ['rules', 'none.yaml', 'the file cannot be read; see the hint above'],
  ['rules', 'one.yaml', 'it describes no network; correct the mistake above'],
  ['rules', 'names-none.yaml', 'it describes no network; correct the mistakes above'],
  ['rules', 'several.yaml', 'it describes no network; correct the mistakes above'],
])('%s %s ends with what came of it', async (verb, file, end) => {
  const { exitCode, last } = await lastLine(verb, path(file))
  expect(exitCode).toBe(2)
  expect(last).toBe(`glacis: ${verb === 'check' ? 'check' : 'load'} ${path(file)}: ${end}`)
})

test('the hint that is spoken of is there', async () => {
  const { said } = await lastLine('rules', path('none.yaml'))
  expect(said).toContain('there is no such file')
  expect(said).toContain('hint check the path')
})

test('of several files that were named, it is said which cannot be read', async () => {
  const parameters = path('none.json')
  const { last } = await lastLine('import', 'nsg', path('group.json'), '--parameters', parameters)
  expect(last).toBe(
    `glacis: import nsg ${path('group.json')}: ${parameters} cannot be read; see the hint above`,
  )
})
