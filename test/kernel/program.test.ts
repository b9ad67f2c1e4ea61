import { describe, expect, it } from 'vitest'
import {
  exit,
  ldMap,
  ldxw,
  mov64,
  noted,
  R0,
  R1,
  R2,
  VerifierError,
  XDP_DROP,
  XDP_MD,
  XDP_PASS,
} from '../../src/bpf/index.ts'
import {
  closeNamespace,
  createMap,
  createNamespace,
  createVeth,
  inNamespace,
  kernelEngine,
  openNetlink,
  openRing,
} from '../../src/kernel/index.ts'
import {
  constant,
  counting,
  frame,
  ifindexOf,
  program,
  readU64,
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
