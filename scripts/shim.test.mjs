import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inRoot } from './checkout.mjs'

/** An installed package: the command and a compiled program, without sources. */
let installed
beforeEach(() => {
  installed = mkdtempSync(join(tmpdir(), 'glacis-installed-'))
  cpSync(inRoot('bin'), join(installed, 'bin'), { recursive: true })
  writeFileSync(join(installed, 'package.json'), '{ "type": "module" }')
})
afterEach(() => rmSync(installed, { recursive: true, force: true }))

function program(body) {
  mkdirSync(join(installed, 'dist', 'command'), { recursive: true })
  writeFileSync(join(installed, 'dist', 'command', 'main.js'), `export async function main(argv) { ${body} }`)
}

function start(args = [], env = {}) {
  const child = spawn(process.execPath, [join(installed, 'bin', 'glacis'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, GLACIS_DEBUG: '', ...env },
  })
  const result = { child, stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'])
    child[name].setEncoding('utf8').on('data', (text) => {
      result[name] += text
    })
  result.ended = once(child, 'close').then(([code, signal]) => ({ ...result, code, signal }))
  return result
}

const run = (args, env) => start(args, env).ended

describe('bin/glacis', () => {
  it('hands over arguments and gives back the exit code, with all output', async () => {
    program("for (let i = 0; i < 50_000; i++) console.log('line'); console.error(argv.join()); return 3")
    const { code, stdout, stderr } = await run(['rules', '--json'])
    expect({ code, stderr, lines: stdout.split('\n').length - 1 }).toEqual({
      code: 3,
      stderr: 'rules,--json\n',
      lines: 50_000,
    })
  })

  it('ends although something is left open', async () => {
    program('setInterval(() => {}, 1000); return 0')
    expect((await run()).code).toBe(0)
  })

  it.each([
    ['thrown', "throw new TypeError('a\\nb')"],
    [
      'thrown later',
      "setTimeout(() => { throw new TypeError('a\\nb') }); await new Promise((done) => setTimeout(done, 5000))",
    ],
    [
      'rejected and forgotten',
      "Promise.reject(new TypeError('a\\nb')); await new Promise((done) => setTimeout(done, 5000))",
    ],
  ])('calls an error %s a bug, in one line', async (_, body) => {
    program(body)
    const { code, stdout, stderr } = await run()
    expect({ code, stdout }).toEqual({ code: 70, stdout: '' })
    expect(stderr).toMatch(/^glacis: this is a bug in Glacis: a b \(set GLACIS_DEBUG=1 .*\)\n$/)
  })

  it('shows the stack when asked', async () => {
    program("throw new TypeError('a')")
    const { code, stderr } = await run([], { GLACIS_DEBUG: '1' })
    expect(code).toBe(70)
    expect(stderr).toMatch(/TypeError: a\n {4}at main/)
  })

  it('says what to do when the program is missing', async () => {
    const { code, stderr } = await run()
    expect(code).toBe(69)
    expect(stderr).toMatch(/^glacis: start: .*main\.js is missing\. Install the package again.*\n$/)
  })

  it('ends as others do when nobody reads on', async () => {
    program("for (;;) { console.log('line'); await new Promise((done) => setImmediate(done)) }")
    const { child, ended } = start()
    await once(child.stdout, 'data')
    child.stdout.destroy()
    expect((await ended).code).toBe(141)
  })

  it.skipIf(process.platform === 'win32')('takes one interrupt that arrives twice for one', async () => {
    program(`
      let count = 0
      const interrupted = new Promise((done) => process.on('SIGINT', () => { count++; console.log('got'); setTimeout(done, 200) }))
      console.log('up')
      const timer = setInterval(() => {}, 1000)
      await interrupted
      return count`)
    const { child, ended } = start()
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 1, signal: null })
  })
})
