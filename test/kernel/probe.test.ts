import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { MAP_TYPE } from '../../src/bpf/index.ts'
import {
  bootId,
  hasHelper,
  openFileLimit,
  probeFeatures,
  probeKernel,
  processStartTime,
  raiseOpenFileLimit,
} from '../../src/kernel/index.ts'
import { describeKernel } from './requirements.ts'

describeKernel('what the machine can do', () => {
  it('has everything that the data plane needs', () => {
    expect(probeKernel()).toMatchObject({ usable: true, missing: [] })
  })

  it('finds features by trying them', () => {
    const features = probeFeatures()
    expect(features).toMatchObject({
      xdpLink: true,
      tcx: true,
      filters: true,
      liveFrames: true,
      longJumps: true,
      batches: true,
    })
    expect([...features.mapTypes].sort()).toEqual(Object.keys(MAP_TYPE).sort())
    expect([...features.programTypes].sort()).toEqual(['sched_cls', 'socket_filter', 'xdp'])
  })

  it('finds helpers by program type', () => {
    expect(hasHelper('xdp', 'xdp_adjust_head')).toBe(true)
    expect(hasHelper('sched_cls', 'xdp_adjust_head')).toBe(false)
    expect(hasHelper('socket_filter', 'redirect')).toBe(false)
    expect(hasHelper('sched_cls', 'ktime_get_ns')).toBe(true)
    expect(hasHelper('xdp', 'fib_lookup')).toBe(true)
  })

  it('says what is missing to a process without root, in words that end with the remedy', () => {
    const script = `import('./src/kernel/index.ts').then((k) => console.log(JSON.stringify(k.probeKernel())))`
    const run = spawnSync(process.execPath, ['--import', 'tsx', '-e', script], {
      uid: 65534,
      gid: 65534,
      encoding: 'utf8',
    })
    expect(JSON.parse(run.stdout)).toMatchObject({
      usable: false,
      missing: [{ what: 'root', remedy: expect.stringMatching(/^run it again with sudo/) }],
    })
  })

  it('raises the limit of open files as far as it may and never lowers it', () => {
    const before = openFileLimit().soft
    expect(raiseOpenFileLimit(10)).toBe(before)
    const reached = raiseOpenFileLimit(1e9)
    expect(reached).toBeGreaterThanOrEqual(before)
    expect(openFileLimit().soft).toBe(reached)
  })

  it('names processes by number and start', () => {
    expect(processStartTime(process.pid)).toBe(processStartTime(process.pid))
    expect(processStartTime(process.pid)).toBeGreaterThan(0)
    expect(processStartTime(2 ** 22 + 1)).toBeUndefined()
    expect(bootId()).toMatch(/^[0-9a-f-]{36}$/)
  })
})
