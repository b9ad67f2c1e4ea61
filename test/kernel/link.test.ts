import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TC_ACT_OK, XDP_DROP, XDP_PASS } from '../../src/bpf/index.ts'
import {
  addFilterHooks,
  addProgramFilter,
  attachTcx,
  attachXdp,
  changeLink,
  closeNamespace,
  createMap,
  createNamespace,
  createVeth,
  deleteProgramFilter,
  inNamespace,
  type KernelProgram,
  kernelEngine,
  mountBpfFs,
  type Namespace,
  type NetlinkSocket,
  openNetlink,
  openPacketSocket,
  openPinnedLink,
  openPinnedMap,
  openPinnedProgram,
  type PacketSocket,
  pin,
  replaceProgramFilter,
  settleLink,
  unmountBpfFs,
  writeSysctls,
} from '../../src/kernel/index.ts'
import { constant, counting, frame, readU64, redirecting, u32 } from './bpf-programs.ts'
import { describeKernel } from './requirements.ts'

const array = { name: 'counters', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 } as const
const load = (spec: Parameters<typeof kernelEngine.load>[0], maps = {}) => kernelEngine.load(spec, maps)

describeKernel('links', () => {
  let [a, b] = [] as unknown as [Namespace, Namespace]
  let [left, right] = [] as unknown as [NetlinkSocket, NetlinkSocket]
  let [sender, receiver] = [] as unknown as [PacketSocket, PacketSocket]
  const programs: KernelProgram[] = []
  const make = (...parameters: Parameters<typeof load>) => {
    const loaded = load(...parameters)
    programs.push(loaded)
    return loaded
  }
  /** Whether a frame from the left arrives on the right. */
  const passes = () => {
    sender.send(frame())
    const got = receiver.receive()
    return got !== undefined
  }

  beforeAll(() => {
    a = createNamespace()
    b = createNamespace()
    for (const namespace of [a, b]) writeSysctls(namespace, { 'net.ipv6.conf.default.disable_ipv6': 1 })
    left = openNetlink(a)
    right = openNetlink(b)
    left.batch([
      createVeth({ name: 'eth0', index: 2 }, { name: 'eth0', index: 2 }, b),
      changeLink(2, { up: true }),
    ])
    right.batch([changeLink(2, { up: true })])
    for (const socket of [left, right]) settleLink(socket, 'eth0')
    sender = openPacketSocket(a, 2)
    receiver = openPacketSocket(b, 2)
  })

  afterAll(() => {
    for (const object of [...programs, left, right, sender, receiver]) object.close()
    for (const namespace of [a, b]) closeNamespace(namespace)
  })

  it('attach XDP, replace it atomically, and take it off when closed', () => {
    const [drop, pass] = [make(constant('xdp', XDP_DROP)), make(constant('xdp', XDP_PASS))]
    expect(passes()).toBe(true)
    const link = attachXdp(b, 2, drop)
    expect(passes()).toBe(false)
    expect(link.programId()).toBe(drop.info().id)
    link.replace(pass, drop)
    expect(link.programId()).toBe(pass.info().id)
    expect(passes()).toBe(true)
    expect(() => link.replace(drop, drop)).toThrow(/^replace program 'constant': /)
    expect(() => attachXdp(b, 2, drop)).toThrow(
      /^attach XDP program 'constant' to interface 2: busy \(EBUSY\)/,
    )
    link.replace(drop)
    expect(passes()).toBe(false)
    link.close()
    expect(passes()).toBe(true)
  })

  it('attach generic XDP', () => {
    const link = attachXdp(b, 2, make(constant('xdp', XDP_DROP)), 'generic')
    sender.send(frame())
    link.detach()
    link.close()
  })

  it('attach tcx on both sides of an interface', () => {
    const drop = make(constant('sched_cls', 2))
    for (const [namespace, direction] of [
      [b, 'ingress'],
      [a, 'egress'],
    ] as const) {
      const counters = createMap(array)
      const link = attachTcx(namespace, 2, direction, make(counting('sched_cls', TC_ACT_OK), { counters }))
      expect(passes()).toBe(true)
      expect(readU64(counters.lookup(u32(0)))).toBe(1n)
      link.replace(drop)
      // Packet sockets see what an interface receives before its ingress programs judge it.
      sender.send(frame())
      expect(receiver.receive() !== undefined).toBe(direction === 'ingress')
      link.close()
      counters.close()
    }
  })

  it('order tcx programs', () => {
    const verdicts = (first: boolean) => {
      const counters = createMap(array)
      const drop = attachTcx(b, 2, 'ingress', make(constant('sched_cls', 2)))
      const spec = make(counting('sched_cls', -1), { counters })
      const count = attachTcx(b, 2, 'ingress', spec, first ? { before: drop } : { after: drop })
      sender.send(frame())
      const seen = readU64(counters.lookup(u32(0)))
      for (const object of [drop, count, counters]) object.close()
      while (receiver.receive()) {}
      return seen
    }
    expect([verdicts(true), verdicts(false)]).toEqual([1n, 0n])
  })

  it('stand as filters, in the order of their priorities, replaced and taken off', () => {
    const counters = createMap(array)
    const [drop, pass] = [make(constant('sched_cls', 2)), make(constant('sched_cls', TC_ACT_OK))]
    const next = make(counting('sched_cls', -1), { counters })
    const at = { index: 2, direction: 'egress', priority: 2 } as const
    left.batch([
      addFilterHooks(2),
      addProgramFilter({ ...at, program: drop }),
      addProgramFilter({ ...at, priority: 1, program: next }),
    ])
    expect(passes()).toBe(false)
    expect(readU64(counters.lookup(u32(0)))).toBe(1n)
    expect(() => left.batch([addProgramFilter({ ...at, program: pass })])).toThrow('exists already')
    left.batch([replaceProgramFilter({ ...at, program: pass })])
    expect(passes()).toBe(true)
    left.batch([deleteProgramFilter({ ...at, priority: 1 })])
    expect(passes()).toBe(true)
    expect(readU64(counters.lookup(u32(0)))).toBe(2n)
    left.batch([deleteProgramFilter(at)])
    expect(() => left.batch([deleteProgramFilter(at)])).toThrow(/^delete filter 2 from egress of link 2/)
    counters.close()
  })

  it('send live frames through a devmap of the sending namespace', () => {
    const devices = inNamespace(a, () => {
      const map = createMap({ name: 'devices', type: 'devmap', keySize: 4, valueSize: 4, maxEntries: 1 })
      map.update(u32(0), u32(2))
      return map
    })
    const counters = createMap(array)
    const sink = attachXdp(b, 2, make(counting('xdp', XDP_DROP), { counters }))
    // A veth hands frames over only if its own side speaks XDP too.
    const own = attachXdp(a, 2, make(constant('xdp', XDP_PASS)))
    const generator = make(redirecting(), { devices })
    inNamespace(a, () => generator.sendLiveFrames({ frame: frame(), ifindex: 2, repeat: 10_000 }))
    expect(readU64(counters.lookup(u32(0)))).toBe(10_000n)
    for (const object of [sink, own, counters, devices]) object.close()
  })

  it('survive their process when pinned', () => {
    const parent = mkdtempSync(join(tmpdir(), 'glacis-pins-'))
    const directory = join(parent, 'bpf')
    mountBpfFs(directory)
    try {
      mountBpfFs(directory)
      const spec = constant('xdp', XDP_DROP)
      const counters = createMap(array)
      const drop = load(spec)
      const link = attachXdp(b, 2, drop)
      pin(link, `${directory}/link`)
      pin(drop, `${directory}/program`)
      pin(counters, `${directory}/counters`)
      expect(() => pin(drop, `${directory}/program`)).toThrow(/^pin to .*program: exists already/)
      for (const object of [link, drop, counters]) object.close()
      expect(passes()).toBe(false)
      const again = openPinnedMap(`${directory}/counters`, array)
      const found = openPinnedProgram(`${directory}/program`, spec)
      const held = openPinnedLink(`${directory}/link`)
      expect(held.programId()).toBe(found.info().id)
      expect(() => openPinnedMap(`${directory}/counters`, { ...array, maxEntries: 2 })).toThrow(
        'remove the file',
      )
      held.replace(make(constant('xdp', XDP_PASS)))
      expect(passes()).toBe(true)
      for (const object of [again, found, held]) object.close()
    } finally {
      unmountBpfFs(directory)
      rmdirSync(parent)
    }
  })
})
