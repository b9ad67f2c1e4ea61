import { spawnSync } from 'node:child_process'
import { readdirSync, readlinkSync } from 'node:fs'
import { expect, it } from 'vitest'
import {
  closeNamespace,
  createNamespace,
  currentNamespace,
  homeNamespace,
  inNamespace,
  openNamespace,
  readSysctl,
  writeSysctls,
} from '../../src/kernel/index.ts'
import { describeKernel } from './requirements.ts'

const here = () => readlinkSync('/proc/thread-self/ns/net')

describeKernel('network namespaces', () => {
  it('enters and leaves, nested', () => {
    const outside = here()
    const [a, b] = [createNamespace(), createNamespace()]
    const seen = inNamespace(a, () => [here(), inNamespace(b, here), here()])
    expect(seen).toEqual([`net:[${a.inode}]`, `net:[${b.inode}]`, `net:[${a.inode}]`])
    expect(here()).toBe(outside)
    expect(currentNamespace()).toBe(homeNamespace())
    closeNamespace(a)
    closeNamespace(b)
  })

  it('leaves when the callback throws', () => {
    const outside = here()
    const namespace = createNamespace()
    expect(() =>
      inNamespace(namespace, () => {
        throw new Error('within')
      }),
    ).toThrow('within')
    expect(here()).toBe(outside)
    closeNamespace(namespace)
  })

  it('refuses an asynchronous callback', () => {
    const outside = here()
    const namespace = createNamespace()
    expect(() => inNamespace(namespace, async () => {})).toThrow('make it synchronous')
    expect(here()).toBe(outside)
    closeNamespace(namespace)
  })

  it('ends the process if the way back is barred', () => {
    const script = `import('./src/kernel/index.ts').then((k) => {
      const home = k.homeNamespace()
      k.inNamespace(k.createNamespace(), () => k.closeNamespace(home))
      console.log('still here')
    })`
    const run = spawnSync(process.execPath, ['--import', 'tsx', '-e', script], { encoding: 'utf8' })
    expect([run.signal, run.stdout]).toEqual(['SIGABRT', ''])
  })

  it('starts processes inside', () => {
    const namespace = createNamespace()
    const run = inNamespace(namespace, () =>
      spawnSync('readlink', ['/proc/self/ns/net'], { encoding: 'utf8' }),
    )
    expect(run.stdout.trim()).toBe(`net:[${namespace.inode}]`)
    closeNamespace(namespace)
  })

  it('makes namespaces from within another', () => {
    const outer = createNamespace()
    const inner = inNamespace(outer, () => createNamespace())
    expect(inner.inode).not.toBe(outer.inode)
    closeNamespace(outer)
    closeNamespace(inner)
  })

  it('leaves no other thread of the process inside', () => {
    const namespace = createNamespace()
    const threads = inNamespace(namespace, () =>
      readdirSync('/proc/self/task').filter(
        (task) => readlinkSync(`/proc/self/task/${task}/ns/net`) === `net:[${namespace.inode}]`,
      ),
    )
    expect(threads).toEqual([String(process.pid)])
    closeNamespace(namespace)
  })

  it('opens a namespace by path and knows it again', () => {
    const namespace = createNamespace()
    const again = openNamespace(`/proc/self/fd/${namespace.fd}`)
    expect(again.inode).toBe(namespace.inode)
    closeNamespace(namespace)
    closeNamespace(again)
  })

  it('writes parameters inside only', () => {
    const namespace = createNamespace()
    writeSysctls(namespace, { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.default.addr_gen_mode': 1 })
    expect(readSysctl(namespace, 'net.ipv4.ip_forward')).toBe('1')
    expect(readSysctl(createNamespace(), 'net.ipv4.ip_forward')).toBe('0')
    expect(() => writeSysctls(namespace, { 'net.ipv4.nonsense': 1 })).toThrow(
      /^set net.ipv4.nonsense to '1': ENOENT; check/,
    )
    expect(() => writeSysctls(namespace, { 'net.ipv4../../x': 1 })).toThrow(RangeError)
    closeNamespace(namespace)
  })
})
