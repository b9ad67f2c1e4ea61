import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inRoot } from './checkout.mjs'
import { withLock } from './lock.mjs'

let folder
let lock
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'glacis-lock-'))
  lock = join(folder, 'cache', 'lock')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const node = (program, ...args) =>
  spawn(process.execPath, ['--input-type=module', '-e', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })

const worker = `
  import { appendFileSync } from 'node:fs'
  import { setTimeout } from 'node:timers/promises'
  const [module, lock, log] = process.argv.slice(1)
  const { withLock } = await import(module)
  await withLock(lock, async () => {
    appendFileSync(log, 'in ')
    await setTimeout(20)
    appendFileSync(log, 'out ')
  })`

const entryOf = (pid, start) => `${encodeURIComponent(hostname()).replaceAll('.', '%2E')}.${pid}.${start}`

/** A process id that belonged to a process which has ended. */
async function deadPid() {
  const child = node('')
  await once(child, 'exit')
  return child.pid
}

describe('withLock', () => {
  it('gives back what the action gives, and leaves nothing', async () => {
    expect(await withLock(lock, () => 7)).toBe(7)
    expect(readdirSync(join(folder, 'cache'))).toEqual([])
  })

  it('is free again after an action that failed', async () => {
    await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await withLock(lock, () => 7)).toBe(7)
  })

  it('lets one process in at a time', async () => {
    const log = join(folder, 'log')
    const children = Array.from({ length: 4 }, () => node(worker, inRoot('scripts', 'lock.mjs'), lock, log))
    await Promise.all(children.map((child) => once(child, 'exit')))
    expect(readFileSync(log, 'utf8')).toBe('in out '.repeat(4))
  })

  it.runIf(process.platform === 'linux')(
    'takes over from a process that is gone, or whose number another has now',
    async () => {
      mkdirSync(lock, { recursive: true })
      writeFileSync(join(lock, entryOf(await deadPid(), 1)), '')
      writeFileSync(join(lock, entryOf(process.pid, 1)), '')
      expect(await withLock(lock, () => 7)).toBe(7)
    },
  )

  it('takes over an empty lock', async () => {
    mkdirSync(lock, { recursive: true })
    expect(await withLock(lock, () => 7)).toBe(7)
  })

  it('waits for a child that outlives the process which took the lock', async () => {
    const child = node("process.stdout.write('up'); setInterval(() => {}, 1000)")
    await once(child.stdout, 'data')
    mkdirSync(lock, { recursive: true })
    writeFileSync(join(lock, entryOf(await deadPid(), 1)), '')
    writeFileSync(join(lock, entryOf(child.pid, 0)), '')
    let ended = false
    child.on('exit', () => {
      ended = true
    })
    const waitedFor = []
    const onWait = (pids) => {
      waitedFor.push(...pids)
      child.kill()
    }
    expect(await withLock(lock, () => ended, onWait)).toBe(true)
    expect(waitedFor).toEqual([String(child.pid)])
  })
})
