import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { needsRoom, roomFlags, runWithRoom } from './room.ts'

const folder = mkdtempSync(join(tmpdir(), 'glacis-room-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const [large, small] = [join(folder, 'large.yaml'), join(folder, 'small.yaml')] as const
writeFileSync(large, ' '.repeat(2 ** 20))
writeFileSync(small, 'network: small\n')

const script = (body: string): string => {
  const path = join(folder, `script-${body.length}.cjs`)
  writeFileSync(path, body)
  return path
}

describe('a process with room', () => {
  it.each([
    [['check', large], true],
    [['plan', small, large, '--json'], true],
    [['check', small], false],
    [['check', folder], false],
    [['check', join(folder, 'absent.yaml')], false],
    [['check', join(small, 'below-a-file')], false],
    [['why', small, 'a'.repeat(10_000)], false],
    [['up', large], false],
    [[large], false],
    [[], false],
  ] as const)('%j: %s', (argv, needed) => {
    expect(needsRoom(argv, {})).toBe(needed)
  })

  it('is for the file that is taken where none is given', () => {
    const from = process.cwd()
    const usual = join(folder, 'network.yaml')
    writeFileSync(usual, ' '.repeat(2 ** 20))
    process.chdir(folder)
    try {
      expect(needsRoom(['check', '--json'], {})).toBe(true)
      expect(needsRoom(['check', small], {})).toBe(false)
    } finally {
      process.chdir(from)
      rmSync(usual)
    }
  })

  it('is not started by itself', () => {
    expect(needsRoom(['check', large], { GLACIS_ROOM: '1' })).toBe(false)
  })

  it('takes what was said of memory', () => {
    expect(roomFlags({}).some((flag) => flag.startsWith('--max-old-space-size='))).toBe(true)
    expect(roomFlags({ NODE_OPTIONS: '--max_old_space_size=4096' })).toEqual(['--max-semi-space-size=64'])
  })

  it('has the room, the arguments, and gives back the exit code', async () => {
    const body = `const { heap_size_limit: most } = require('node:v8').getHeapStatistics()
      const isRoomy = process.env.GLACIS_ROOM === '1' && most > 0.5 * require('node:os').totalmem()
      process.exit(isRoomy && process.argv[2] === 'check' && process.argv[3] === 'x' ? 7 : 1)`
    expect(await runWithRoom(script(body), ['check', 'x'])).toBe(7)
  })

  it('says that it was ended', async () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const code = await runWithRoom(script("process.kill(process.pid, 'SIGKILL')"), ['check'])
    const said = write.mock.calls.map(([text]) => text)
    write.mockRestore()
    expect([code, said]).toEqual([
      137,
      ['glacis: check: the process that proves was ended by SIGKILL: was there too little memory?\n'],
    ])
  })

  it('is ended by a signal to who started it', async () => {
    const inner = script(
      "process.on('SIGTERM', () => process.exit(9)); setTimeout(() => {}, 60_000); console.log('ready')",
    )
    const room = JSON.stringify(join(import.meta.dirname, 'room.ts'))
    const outer = join(folder, 'outer.mts')
    writeFileSync(
      outer,
      `import { runWithRoom } from ${room}\nprocess.exit(await runWithRoom(${JSON.stringify(inner)}, []))`,
    )
    const child = spawn(process.execPath, ['--import', 'tsx', outer], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    expect(code).toBe(9)
  })
})
