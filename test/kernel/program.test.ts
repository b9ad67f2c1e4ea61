import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  exit,
  ldMap,
  ldxw,
  mov64,
  noted,
  R0,
  R1,
  R2,
  TC_ACT_OK,
  VerifierError,
  XDP_DROP,
  XDP_MD,
  XDP_PASS,
} from '../../src/bpf/index.ts'
import {
  attachTcx,
  attachXdp,
  changeLink,
  closeNamespace,
  createMap,
  createNamespace,
  createVeth,
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
  openRing,
  type PacketSocket,
  pin,
  settleLink,
  unmountBpfFs,
  writeSysctls,
} from '../../src/kernel/index.ts'
import {
  constant,
  counting,
  frame,
  ifindexOf,
  program,
  readU64,
  redirecting,
  remarking,
  reporting,
  tailCalling,
  u32,
} from './bpf-programs.ts'
import { describeKernel } from './requirements.ts'

const array = { name: 'counters', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 } as const
const load = (spec: Parameters<typeof kernelEngine.load>[0], maps = {}) => kernelEngine.load(spec, maps)

describeKernel('programs', () => {
  it('runs a program on a packet', () => {
    const counters = createMap(array)
    for (const [type, verdict] of [
      ['xdp', XDP_DROP],
      ['sched_cls', -1],
      ['socket_filter', 7],
    ] as const) {
      const counted = load(counting(type, verdict), { counters })
      expect(counted.run(frame())).toEqual({ verdict, packet: frame() })
      counted.close()
    }
    expect(readU64(counters.lookup(u32(0)))).toBe(3n)
    counters.close()
  })

  it('passes interface and mark, and times repetitions', () => {
    const namespace = createNamespace()
    const netlink = openNetlink(namespace)
    netlink.batch([createVeth({ name: 'a', index: 7 }, { name: 'b', index: 8 })])
    inNamespace(namespace, () => {
      for (const type of ['xdp', 'sched_cls'] as const) {
        const spec = load(ifindexOf(type))
        expect(spec.run(frame(), { ifindex: 7 }).verdict).toBe(7)
        expect(() => spec.run(frame(), { ifindex: 99 })).toThrow('enter the namespace that has interface 99')
        spec.close()
      }
      const marked = load(remarking())
      expect(marked.test({ packet: frame(), mark: 41 })).toMatchObject({ verdict: 41, mark: 42 })
      expect(marked.test({ packet: frame(), mark: 0, repeat: 1000 })).toMatchObject({
        verdict: 999,
        mark: 1000,
      })
      marked.close()
    })
    netlink.close()
    closeNamespace(namespace)
  })

  it('says what a packet must be', () => {
    const pass = load(constant('xdp', XDP_PASS))
    expect(() => pass.run(new Uint8Array(13))).toThrow(
      /^run program 'constant': invalid argument .* give a packet of 14/,
    )
    pass.close()
  })

  it('tail-calls what the prog_array holds at the moment', () => {
    const next = createMap({ name: 'next', type: 'prog_array', keySize: 4, valueSize: 4, maxEntries: 1 })
    const root = load(tailCalling('xdp', 1), { next })
    expect(root.run(frame()).verdict).toBe(1)
    const leaves = [2, 3].map((verdict) => load(constant('xdp', verdict)))
    for (const leaf of leaves) {
      next.update(u32(0), leaf)
      expect(root.run(frame()).verdict).toBe(leaf === leaves[0] ? 2 : 3)
    }
    for (const object of [root, next, ...leaves]) object.close()
  })

  it('knows what the kernel knows', () => {
    const pass = load(constant('xdp', XDP_PASS))
    expect(pass.info()).toMatchObject({ name: 'constant', type: 6, verifiedInstructions: 2 })
    expect(pass.info().jitedBytes).toBeGreaterThan(0)
    expect(pass.info().translatedBytes).toBeGreaterThan(0)
    pass.close()
  })

  describe('refusals', () => {
    it('name the instruction and the builder call, and show the log', () => {
      const bad = program('bad', 'xdp', [
        ldxw(R2, R1, XDP_MD.data),
        noted({ site: 'src/parse.ts:9', text: 'Ethernet header' }, ldxw(R0, R2, 12)),
        exit(),
      ])
      try {
        load(bad)
        expect.unreachable()
      } catch (error) {
        if (!(error instanceof VerifierError)) throw error
        expect(error.message).toMatch(
          /^load program 'bad': the kernel's verifier refuses it at instruction 1 "r0 = \*\(u32 \*\)\(r2 \+ ?12\)", emitted by src\/parse\.ts:9, Ethernet header: permission denied \(EACCES\)/,
        )
        expect(error.message).toContain('invalid access to packet')
        expect(error).toMatchObject({ slot: 1, errno: 'EACCES', note: { site: 'src/parse.ts:9' } })
        expect(error.log).toContain('processed')
      }
    })

    it('count an instruction of 16 bytes as two', () => {
      const map = createMap(array)
      const bad = program('bad', 'xdp', [ldMap(R2, 'm'), noted({ site: 'here' }, ldxw(R0, R2, 4000)), exit()])
      expect(() => load(bad, { m: map })).toThrow(
        expect.objectContaining({ slot: 2, note: { site: 'here' } }),
      )
      map.close()
    })

    it('come with logs longer than the first buffer', () => {
      const steps = Array.from({ length: 60_000 }, (_, i) => mov64.imm(R2, i))
      const bad = program('long', 'xdp', [...steps, noted({ site: 'end' }, ldxw(R0, R2, 0)), exit()])
      expect(() => load(bad)).toThrow(expect.objectContaining({ slot: 60_000, note: { site: 'end' } }))
    })

    it('name maps that are not there', () => {
      expect(() => load(counting('xdp', 1))).toThrow("it uses map 'counters', which was not given")
    })
  })

  it('writes records that a ring reader finds, past the end of the buffer and back', () => {
    const ring = createMap({ name: 'ring', type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: 4096 })
    const reader = openRing(ring)
    const report = load(reporting('xdp', [0x1111n, 0xffff_ffff_ffff_ffffn]), { ring })
    let seen = 0
    for (let round = 0; round < 10; round++) {
      report.test({ packet: frame(), repeat: 100 })
      expect(reader.pending()).toBe(100 * 24)
      expect(reader.read(() => {}, 1)).toBe(1)
      seen += reader.read((record) => {
        expect(record.length).toBe(16)
        expect(readU64(record)).toBe(0x1111n)
        expect(readU64(record.subarray(8))).toBe(0xffff_ffff_ffff_ffffn)
      })
    }
    expect(seen).toBe(990)
    expect(reader.read(() => {})).toBe(0)
    reader.close()
    expect(reader.read(() => {})).toBe(0)
    for (const object of [ring, report]) object.close()
  })
})

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
    const directory = `/run/glacis-test-${process.pid}/bpf`
    mountBpfFs(directory)
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
    unmountBpfFs(directory)
  })
})
