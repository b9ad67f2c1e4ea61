/** A lab in another process: found, entered, ended; and nothing of it is left, however it ends. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, expect, it, vi } from 'vitest'
import { objectIds } from '../../src/kernel/index.ts'
import type { RunningLab } from '../../src/lab/index.ts'
import { describeKernel } from './requirements.ts'

const folder = mkdtempSync(join(tmpdir(), 'glacis-state-'))
vi.stubEnv('GLACIS_STATE_DIR', folder)
const { enterNode, findRunning, runningLabs, stopRunning } = await import('../../src/lab/index.ts')

/** Namespaces that some process of the machine is in, or holds, by inode number. */
function heldNamespaces(): Set<string> {
  const held = new Set<string>()
  const note = (path: string): void => {
    try {
      const [, inode] = /^net:\[(\d+)\]$/.exec(readlinkSync(path)) ?? []
      if (inode) held.add(inode)
    } catch {
      // The process or descriptor is gone meanwhile.
    }
  }
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    note(`/proc/${pid}/ns/net`)
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) note(`/proc/${pid}/fd/${fd}`)
    } catch {
      // As above.
    }
  }
  return held
}

const snapshot = () => ({
  links: readdirSync('/sys/class/net').sort(),
  namespaces: heldNamespaces(),
  programs: new Set(objectIds('program')),
  maps: new Set(objectIds('map')),
})

const added = <T>(before: ReadonlySet<T>, after: ReadonlySet<T>): T[] =>
  [...after].filter((item) => !before.has(item))

/** The kernel removes what a process held soon after its end, not at once. */
async function eventually(holds: () => boolean): Promise<boolean> {
  for (let round = 0; round < 300; round++) {
    if (holds()) return true
    await setTimeout(50)
  }
  return false
}

describeKernel('a lab of another process', () => {
  let child: ChildProcess | undefined

  async function start(name: string): Promise<RunningLab> {
    child = spawn(process.execPath, ['--import', 'tsx', 'test/kernel/lab-process.ts', name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout as NodeJS.ReadableStream, 'data')
    const lab = findRunning(name)
    if (!lab) throw new Error('test: the lab did not announce itself')
    return lab
  }

  afterEach(() => {
    child?.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  it('leaves nothing behind when it is killed', async () => {
    const before = snapshot()
    const lab = await start('killed')
    const during = snapshot()
    const own = {
      namespaces: Object.values(lab.namespaces).map((fd) => statSync(`/proc/${lab.pid}/fd/${fd}`).ino),
      programs: added(before.programs, during.programs),
      maps: added(before.maps, during.maps),
    }
    expect(during.links).toEqual(before.links)
    for (const inode of own.namespaces) expect(during.namespaces).toContain(String(inode))
    expect(own.programs.length).toBeGreaterThan(own.namespaces.length / 2)
    expect(own.maps.length).toBeGreaterThan(0)

    process.kill(lab.pid, 'SIGKILL')
    const gone = await eventually(() => {
      const after = snapshot()
      return (
        own.namespaces.every((inode) => !after.namespaces.has(String(inode))) &&
        own.programs.every((id) => !after.programs.has(id)) &&
        own.maps.every((id) => !after.maps.has(id))
      )
    })
    expect(gone).toBe(true)
    expect(readdirSync('/sys/class/net').sort()).toEqual(before.links)

    expect(existsSync(join(folder, 'killed.json'))).toBe(true)
    expect(runningLabs()).toEqual([])
    expect(existsSync(join(folder, 'killed.json'))).toBe(false)
  })

  it('is found by its name, entered, and ended', async () => {
    const lab = await start('entered')
    expect(statSync(join(folder, 'entered.json')).mode & 0o777).toBe(0o600)
    expect(runningLabs().map(({ name, pid }) => [name, pid])).toEqual([['entered', lab.pid]])

    const outside = readFileSync('/etc/resolv.conf', 'utf8')
    const out = join(folder, 'seen')
    const look = 'cat /etc/resolv.conf; ls /sys/class/net; echo $GLACIS_NODE'
    expect(await enterNode(lab, 'lab/shop-web-0', ['sh', '-c', `(${look}) > ${out}`])).toBe(0)
    expect(readFileSync(out, 'utf8')).toBe(
      [
        'search small.example',
        'options timeout:1 attempts:2',
        ...(lab.nameServers['lab/shop-web-0'] ?? []).map((server) => `nameserver ${server}`),
        'eth0',
        'lo',
        'lab/shop-web-0',
        '',
      ].join('\n'),
    )
    expect(readFileSync('/etc/resolv.conf', 'utf8')).toBe(outside)
    expect(await enterNode(lab, 'internet', ['sh', '-c', 'exit 7'])).toBe(7)
    expect(await enterNode(lab, 'internet', ['sh', '-c', 'kill -9 $$'])).toBe(128 + 9)
    await expect(enterNode(lab, 'lab/nowhere', ['true'])).rejects.toThrow('no such node')

    await stopRunning(lab)
    expect(findRunning('entered')).toBeUndefined()
    expect(readdirSync(folder)).toEqual(['seen'])
    await expect(enterNode(lab, 'internet', ['true'])).rejects.toThrow('ENOENT')
  })

  it('is not found by names that lead elsewhere', () => {
    for (const name of ['../entered', '', '.hidden', 'a/b']) expect(findRunning(name)).toBeUndefined()
  })
})
