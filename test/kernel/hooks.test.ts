/** Somebody with root puts something before the filters of an interface, or takes them off: what was closed once never opens while it is mended. */
import { spawnSync } from 'node:child_process'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { TC_ACT_OK, TC_ACT_SHOT } from '../../src/bpf/index.ts'
import { bpf, clearAttr } from '../../src/kernel/bpf/syscall.ts'
import {
  attachTcx,
  changeLink,
  closeNamespace,
  createNamespace,
  createVeth,
  deleteFilterHooks,
  detachTcx,
  inNamespace,
  type KernelMap,
  type KernelProgram,
  kernelEngine,
  type Namespace,
  type NetlinkRequest,
  type NetlinkSocket,
  openNetlink,
  openPacketSocket,
  type PacketSocket,
  replaceProgramFilter,
  settleLink,
  tcxPrograms,
  writeSysctls,
} from '../../src/kernel/index.ts'
import { Hooks, type Standing } from '../../src/lab/kernel/hooks.ts'
import { constant, counting, frame } from './bpf-programs.ts'
import { describeKernel } from './requirements.ts'

const index = 2
const direction = 'egress'
/** A filter that lets everything pass. */
const anything = ['u32', 'match', 'u32', '0', '0', 'flowid', '1:1']

describeKernel('the filters of an interface', () => {
  let [a, b] = [] as unknown as [Namespace, Namespace]
  let [left, right] = [] as unknown as [NetlinkSocket, NetlinkSocket]
  let [sender, receiver] = [] as unknown as [PacketSocket, PacketSocket]
  let [next, drop, pass] = [] as unknown as [KernelProgram, KernelProgram, KernelProgram]
  let hooks: Hooks
  let standing: readonly Standing[]
  let counters: KernelMap

  const passes = () => {
    sender.send(frame())
    return receiver.receive() !== undefined
  }
  const tc = (...words: readonly string[]) => {
    const { status, stderr } = inNamespace(a, () => spawnSync('tc', words, { encoding: 'utf8' }))
    expect([status, stderr]).toEqual([0, ''])
  }
  const filter = (priority: number, program: KernelProgram) =>
    replaceProgramFilter({ index, direction, priority, program })
  const clear = (priority: number) => tc('filter', 'del', 'dev', 'eth0', direction, 'prio', String(priority))

  beforeAll(() => {
    a = createNamespace()
    b = createNamespace()
    for (const namespace of [a, b]) writeSysctls(namespace, { 'net.ipv6.conf.default.disable_ipv6': 1 })
    left = openNetlink(a)
    right = openNetlink(b)
    left.batch([
      createVeth({ name: 'eth0', index }, { name: 'eth0', index }, b),
      changeLink(index, { up: true }),
    ])
    right.batch([changeLink(index, { up: true })])
    for (const socket of [left, right]) settleLink(socket, 'eth0')
    sender = openPacketSocket(a, index)
    receiver = openPacketSocket(b, index)
    counters = kernelEngine.createMap({
      name: 'counters',
      type: 'array',
      keySize: 4,
      valueSize: 8,
      maxEntries: 1,
    })
    next = kernelEngine.load(counting('sched_cls', -1), { counters })
    drop = kernelEngine.load(constant('sched_cls', TC_ACT_SHOT), {})
    pass = kernelEngine.load(constant('sched_cls', TC_ACT_OK), {})
    standing = [next, drop].map((program) => ({ index, hook: 'tcx-egress', program }))
  })

  beforeEach(() => {
    hooks = new Hooks(a, index + 1)
    hooks.replace(left, [], standing)
  })

  afterEach(() => {
    hooks.close()
    left.batch([deleteFilterHooks(index)])
  })

  afterAll(() => {
    for (const object of [next, drop, pass, counters, left, right, sender, receiver]) object.close()
    for (const namespace of [a, b]) closeNamespace(namespace)
  })

  const faults = () => hooks.missing(left, standing).map(({ what }) => what)

  const tampering: readonly (readonly [name: string, work: () => void, fault: RegExp])[] = [
    [
      'a filter of another kind in the place of the first',
      () => {
        clear(1)
        tc('filter', 'add', 'dev', 'eth0', direction, 'prio', '1', ...anything)
      },
      /^foreign u32 filter \(priority 1, handle 0\) among ours at egress$/,
    ],
    [
      'a program under the priority of the first',
      () => left.batch([withHandle(filter(1, pass), 2)]),
      /^foreign bpf filter \(priority 1, handle 2, program \d+\) among ours at egress$/,
    ],
    [
      'a program under the priority of the last',
      () => left.batch([withHandle(filter(2, pass), 7)]),
      /^foreign bpf filter \(priority 2, handle 7, program \d+\) among ours at egress$/,
    ],
    ['another program in the place of the last', () => left.batch([filter(2, pass)]), /^filter 2 at egress$/],
    [
      'our program, asked of IPv6 only',
      () => {
        clear(2)
        left.batch([withProtocol(filter(2, drop), 0xdd86)])
      },
      /^filter 2 at egress$/,
    ],
    ['no hooks', () => tc('qdisc', 'del', 'dev', 'eth0', 'clsact'), /^filter 2 at egress$/],
    [
      'other hooks',
      () => {
        tc('qdisc', 'del', 'dev', 'eth0', 'clsact')
        tc('qdisc', 'add', 'dev', 'eth0', 'ingress')
      },
      /^hooks 'ingress'$/,
    ],
    [
      'hooks shared with others',
      () => {
        tc('qdisc', 'del', 'dev', 'eth0', 'clsact')
        tc('qdisc', 'add', 'dev', 'eth0', 'egress_block', '5', 'clsact')
      },
      /^filter hooks shared with other links$/,
    ],
    [
      'a tcx program, attached by a link',
      () => void attachTcx(a, index, direction, pass, { first: true }),
      /^foreign tcx program \d+ before filter 1 at egress$/,
    ],
    [
      'a tcx program, attached without a link',
      () => attachTcxPlainly(a, pass),
      /^foreign tcx program \d+ before filter 1 at egress$/,
    ],
  ]

  it.each(tampering)('%s: told, and put right without a gap', (_, work, fault) => {
    expect(faults()).toEqual([])
    expect(passes()).toBe(false)
    work()
    expect(passes()).toBe(true)
    expect(faults()).toContainEqual(expect.stringMatching(fault))
    const open: boolean[] = []
    hooks.restore(
      observed(left, () => open.push(passes())),
      standing,
    )
    expect(open.slice(open.indexOf(false))).not.toContain(true)
    expect(passes()).toBe(false)
    expect(faults()).toEqual([])
    expect(tcxPrograms(a, index, direction)).toEqual([])
    expect(hooks.closed).toEqual([])
  })

  it('where hooks have to be made anew, nothing passes while they are not there', () => {
    tc('qdisc', 'del', 'dev', 'eth0', 'clsact')
    tc('qdisc', 'add', 'dev', 'eth0', 'egress_block', '5', 'clsact')
    left.batch([inBlock(filter(1, next), 5), inBlock(filter(2, drop), 5)])
    expect(faults()).toEqual(['filter hooks shared with other links'])
    const open: boolean[] = []
    hooks.restore(
      observed(left, () => open.push(passes())),
      standing,
    )
    expect(open.length).toBeGreaterThan(0)
    expect([...open, passes()]).not.toContain(true)
    expect([faults(), tcxPrograms(a, index, direction)]).toEqual([[], []])
  })

  it('what others put behind ours is theirs', () => {
    tc('filter', 'add', 'dev', 'eth0', direction, 'prio', '3', ...anything)
    expect(faults()).toEqual([])
  })

  it('taken off again and again, the interface lets nothing pass until it is opened', () => {
    let times = 0
    for (; hooks.closed.length === 0 && times < 20; times++) {
      tc('qdisc', 'del', 'dev', 'eth0', 'clsact')
      expect(passes()).toBe(true)
      hooks.restore(left, standing)
      expect(passes()).toBe(false)
    }
    expect(times).toBe(5)
    expect(hooks.closed).toEqual([{ index, down: false }])
    tc('qdisc', 'del', 'dev', 'eth0', 'clsact')
    expect(passes()).toBe(false)
    expect(faults()).toEqual([])
    const open: boolean[] = []
    hooks.reopen(
      observed(left, () => open.push(passes())),
      standing,
    )
    expect([...open, passes()]).not.toContain(true)
    expect([hooks.closed, faults(), tcxPrograms(a, index, direction)]).toEqual([[], [], []])
  })

  it('where even that is taken off, the interface is set down', () => {
    while (hooks.closed.length === 0) {
      tc('qdisc', 'del', 'dev', 'eth0', 'clsact')
      hooks.restore(left, standing)
    }
    for (const standing of tcxPrograms(a, index, direction)) detachTcx(a, index, direction, standing)
    expect(faults()).toEqual(['barrier'])
    hooks.restore(left, standing)
    expect(hooks.closed).toEqual([{ index, down: true }])
    expect(left.links().find((link) => link.index === index)?.up).toBe(false)
    hooks.reopen(left, standing)
    expect(hooks.closed).toEqual([{ index, down: true }])
    expect(faults()).toEqual([])
  })
})

/** Calls `look` after each single change. */
const observed = (netlink: NetlinkSocket, look: () => void): NetlinkSocket => ({
  ...netlink,
  batch(requests) {
    const failures: unknown[] = []
    for (const request of requests) {
      try {
        netlink.batch([request])
      } catch (error) {
        failures.push(error)
      }
      look()
    }
    if (failures.length > 0) throw failures[0]
  },
})

/** struct tcmsg: the handle is the third word, the protocol the lower half of the fifth. */
function withHandle(request: NetlinkRequest, handle: number): NetlinkRequest {
  const payload = request.payload.slice()
  new DataView(payload.buffer).setUint32(8, handle, true)
  // As a new filter: NLM_F_CREATE, NLM_F_EXCL.
  return { ...request, flags: 0x600, payload }
}

function withProtocol(request: NetlinkRequest, protocol: number): NetlinkRequest {
  const payload = request.payload.slice()
  new DataView(payload.buffer).setUint16(16, protocol, true)
  return { ...request, payload }
}

/** In the place of interface and parent: TCM_IFINDEX_MAGIC_BLOCK, and the number of a block that links share. */
function inBlock(request: NetlinkRequest, block: number): NetlinkRequest {
  const payload = request.payload.slice()
  const view = new DataView(payload.buffer)
  view.setUint32(4, 0xffff_ffff, true)
  view.setUint32(12, block, true)
  return { ...request, payload }
}

/** BPF_PROG_ATTACH to tcx at egress (47), with BPF_F_BEFORE. */
function attachTcxPlainly(namespace: Namespace, program: KernelProgram): void {
  const attr = clearAttr()
  attr.view.setUint32(0, index, true)
  attr.view.setInt32(4, program.fd, true)
  attr.view.setUint32(8, 47, true)
  attr.view.setUint32(12, 1 << 3, true)
  inNamespace(namespace, () => bpf(8, attr, 32, 'attach'))
}
