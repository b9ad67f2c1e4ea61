import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it, test } from 'vitest'
import { main } from './main.ts'

const example = 'examples/two-sites'
const folder = mkdtempSync(join(tmpdir(), 'glacis-input-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const program = join(folder, 'glacis.mts')
const source = JSON.stringify(join(import.meta.dirname, 'main.ts'))
writeFileSync(
  program,
  `import { main, needsRoom } from ${source}
const argv = process.argv.slice(2)
if (argv[0] === 'room') console.log(needsRoom(argv.slice(1), {}))
else process.exitCode = await main(argv)`,
)
const tsx = import.meta.resolve('tsx')

/** In the folder of the example, so that what its file imports is found only from there. */
const run = (argv: readonly string[], stdin: { input: string } | { stdio: [number, 'pipe', 'pipe'] }) =>
  spawnSync(process.execPath, ['--import', tsx, program, ...argv], {
    cwd: resolve(example),
    encoding: 'utf8',
    ...stdin,
  })

const input = readFileSync(join(example, 'network.yaml'), 'utf8')

describe('a network file on standard input', () => {
  it.each([
    [['check', '-', '--no-proof'], 'describes the network two-sites'],
    [['nodes', '-', 'west/fc1'], 'fabric-controller'],
    [['why', '-', 'internet', 'west/jump1', 'tcp', 'ssh'], '(-:'],
  ])('%j reads it', (argv, said) => {
    const { status, stdout, stderr } = run(argv, { input })
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain(said)
  })

  it('is one end of a plan', () => {
    const { status, stdout } = run(['plan', '-', 'network.yaml', '--no-proof'], {
      input: input.replace('port: 9000', 'port: 9001'),
    })
    expect([status, stdout]).toEqual([2, expect.stringContaining('9001')])
  })

  it('has its mistakes shown', () => {
    const { status, stderr } = run(['lint', '-'], { input: 'network: [' })
    expect([status, stderr]).toEqual([2, expect.stringContaining('-:1:')])
  })

  it('may be large where it comes by a pipe, and is as large as it is where it is a file', () => {
    expect(run(['room', 'check', '-'], { input: '' }).stdout).toBe('true\n')
    const small = openSync(join(example, 'network.yaml'), 'r')
    expect(run(['room', 'check', '-'], { stdio: [small, 'pipe', 'pipe'] }).stdout).toBe('false\n')
    closeSync(small)
  })
})

test.each([
  [['check', '--watch', '-'], 'check --watch -: the file is asked for again later'],
  [['up', '-'], 'up -: the file is asked for again later'],
  [['apply', '-'], 'apply -: the file is asked for again later'],
  [['plan', '-', '-'], 'plan - -: only one of the files can come on standard input'],
])('%j is refused', async (argv, message) => {
  let said = ''
  const stream = { write: (text: string) => (said += text) }
  expect(await main(argv, { stdout: stream, stderr: stream })).toBeGreaterThan(0)
  expect(said).toContain(message)
})
