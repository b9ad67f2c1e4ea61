/** Programs, contexts and packet helpers: the same on every engine. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProgramBuilder } from '../builder/index.ts'
import type { Engine } from '../engine.ts'
import { VerifierError } from '../errors.ts'
import { exit, mov64, R0 } from '../instructions.ts'
import { ERRNO, SK_BUFF, TC_ACT_OK, TCX_NEXT, XDP_DROP, XDP_MD, XDP_PASS } from '../kernel-abi.ts'
import type { MapSpec, ProgramType } from '../spec.ts'
import { internetChecksum, pseudoHeader, readU64, runOnce, u32, udpFrame } from './fixtures.ts'
import { arithmeticMeaning, arithmeticSpec, RESULT_SIZE, randomArithmetic } from './random-arithmetic.ts'
import { emitRandomProgram, meaningOf, randomPacket, randomProgram } from './random-program.ts'

/** Offsets in `udpFrame`. */
const IP_CHECKSUM = 24
const IP_DESTINATION = 30
const UDP_CHECKSUM = 40

export function describePrograms(makeEngine: () => Engine): void {
  it.each<[ProgramType, number]>([
    ['xdp', XDP_PASS],
    ['sched_cls', TC_ACT_OK],
    ['sched_cls', TCX_NEXT],
    ['socket_filter', 65535],
  ])('%s programs answer with a verdict: %i', (type, verdict) => {
    expect(runOnce(makeEngine(), (b) => b.exit(verdict), { type }).verdict).toBe(verdict)
  })

  it('runs the smallest spec written by hand', () => {
    const spec = {
      name: 'two',
      type: 'xdp',
      license: 'GPL',
      instructions: [mov64.imm(R0, XDP_PASS), exit()],
    } as const
    const program = makeEngine().load(spec, {})
    expect(program.run(udpFrame()).verdict).toBe(XDP_PASS)
    program.close()
  })

  it('refuses packets shorter than an Ethernet header', () => {
    const engine = makeEngine()
    expect(() => runOnce(engine, (b) => b.exit(0), { packet: new Uint8Array(13) })).toThrow(
      expect.objectContaining({ errno: 'EINVAL' }),
    )
  })

  it('refuses a map that was not given', () => {
    const engine = makeEngine()
    const map: MapSpec = { name: 'absent', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 }
    expect(() =>
      runOnce(engine, (b) => {
        b.mapLookup(map, b.stack(4, 4))
        b.exit(0)
      }),
    ).toThrow(/'absent', which was not given/)
  })

  it('refuses GPL helpers to programs that are not, and helpers of other program types', () => {
    const load = (license: string, emit: (b: ProgramBuilder) => void) => {
      const b = new ProgramBuilder({ name: 'refused', type: 'xdp', license })
      emit(b)
      return () => makeEngine().load(b.build(), {})
    }
    const trace = (b: ProgramBuilder) => {
      const text = b.stack(8)
      b.store(8, text, 0, 0x6968)
      b.call('trace_printk', text, 3)
      b.exit(0)
    }
    expect(load('Proprietary', trace)).toThrow(VerifierError)
    load('GPL', trace)().close()
    const pull = load('GPL', (b) => b.exit(b.call('skb_pull_data', b.context, 0)))
    expect(pull).toThrow(VerifierError)
  })

  describe('context', () => {
    it('of XDP has the packet and the interface', () => {
      const engine = makeEngine()
      const { verdict } = runOnce(engine, (b) => {
        const { data, end } = b.packet()
        b.exit(b.sub(end, data))
      })
      expect(verdict).toBe(60)
      const ifindex = runOnce(engine, (b) => b.exit(b.load(4, b.context, XDP_MD.ingress_ifindex)), {
        context: { ifindex: 1 },
      })
      expect(ifindex.verdict).toBe(1)
    })

    it.each<[keyof typeof SK_BUFF, number]>([
      ['len', 60],
      ['mark', 7],
      ['ifindex', 1],
      ['protocol', 0x0008],
      ['priority', 0],
      ['vlan_tci', 0],
    ])('of tc has %s', (field, value) => {
      const { verdict } = runOnce(makeEngine(), (b) => b.exit(b.load(4, b.context, SK_BUFF[field])), {
        type: 'sched_cls',
        context: { mark: 7, ifindex: 1 },
      })
      expect(verdict).toBe(value)
    })

    it('of tc starts at the Ethernet header and is writable in part', () => {
      const { verdict } = runOnce(
        makeEngine(),
        (b) => {
          const short = b.label('short')
          const packet = b.packet()
          b.requireBytes(packet, 60, short)
          b.store(4, b.context, SK_BUFF.mark, 5)
          b.store(4, b.context, SK_BUFF.cb + 8, 0x30)
          b.exit(b.add(b.load(4, b.context, SK_BUFF.cb + 8), b.load(4, b.context, SK_BUFF.mark)))
          b.place(short)
          b.exit(0)
        },
        { type: 'sched_cls' },
      )
      expect(verdict).toBe(0x35)
    })
  })

  it('returns the packet as the program left it', () => {
    const { packet } = runOnce(makeEngine(), (b) => {
      const short = b.label('short')
      const bounds = b.packet()
      b.requireBytes(bounds, 14, short)
      b.store(2, bounds.data, 12, 0x3412)
      b.place(short)
      b.exit(XDP_PASS)
    })
    const expected = udpFrame()
    expected.set([0x12, 0x34], 12)
    expect(packet).toEqual(expected)
  })

  describe('XDP packet helpers', () => {
    it.each([
      ['adjust_head takes from the front', 'xdp_adjust_head', 4, 0],
      ['adjust_head makes room in front', 'xdp_adjust_head', -20, 0],
      ['adjust_head leaves an Ethernet header', 'xdp_adjust_head', 47, -ERRNO.EINVAL],
      ['adjust_head stops at the headroom', 'xdp_adjust_head', -300, -ERRNO.EINVAL],
      ['adjust_tail cuts', 'xdp_adjust_tail', -10, 0],
      ['adjust_tail grows', 'xdp_adjust_tail', 100, 0],
      ['adjust_tail leaves an Ethernet header', 'xdp_adjust_tail', -47, -ERRNO.EINVAL],
      ['adjust_tail stops at the end of the frame', 'xdp_adjust_tail', 4000, -ERRNO.EINVAL],
    ] as const)('%s', (_, helper, delta, status) => {
      const { verdict, packet } = runOnce(makeEngine(), (b) => b.exit(b.call(helper, b.context, delta)))
      expect(verdict).toBe(status)
      const grown = status !== 0 ? 0 : helper === 'xdp_adjust_head' ? -delta : delta
      expect(packet.length).toBe(60 + grown)
      const frame = udpFrame()
      if (helper === 'xdp_adjust_head' && grown !== 0)
        expect(packet.subarray(Math.max(grown, 0))).toEqual(frame.subarray(Math.max(-grown, 0)))
      if (helper === 'xdp_adjust_tail' && grown > 0)
        expect(packet.subarray(60)).toEqual(new Uint8Array(grown))
    })

    it('adjust_meta hands bytes to whoever comes next', () => {
      const { verdict } = runOnce(makeEngine(), (b) => {
        const none = b.label('none')
        b.jumpIf(b.ne(b.call('xdp_adjust_meta', b.context, -8), 0), none)
        const meta = b.load(4, b.context, XDP_MD.data_meta)
        const data = b.load(4, b.context, XDP_MD.data)
        b.jumpIf(b.gt(b.add(meta, 8), data), none)
        b.store(8, meta, 0, 77)
        b.exit(b.load(8, meta, 0))
        b.place(none)
        b.exit(0)
      })
      expect(verdict).toBe(77)
    })

    it('load_bytes and store_bytes copy within the packet only', () => {
      const engine = makeEngine()
      const copy = (from: number, to: number) =>
        runOnce(engine, (b) => {
          const buffer = b.stack(8)
          b.zero(buffer)
          const loaded = b.call('xdp_load_bytes', b.context, from, buffer, 6)
          b.if(b.ne(loaded, 0), () => b.exit(loaded))
          b.exit(b.call('xdp_store_bytes', b.context, to, buffer, 6))
        })
      expect(copy(0, 6).packet.subarray(6, 12)).toEqual(udpFrame().subarray(0, 6))
      expect([copy(0, 54).verdict, copy(55, 0).verdict, copy(0, 55).verdict]).toEqual([
        0,
        -ERRNO.EINVAL,
        -ERRNO.EINVAL,
      ])
    })

    it('get_buff_len tells the length', () => {
      const { verdict } = runOnce(makeEngine(), (b) => b.exit(b.call('xdp_get_buff_len', b.context)))
      expect(verdict).toBe(60)
    })
  })

  describe('tc packet helpers', () => {
    const type = 'sched_cls'

    it('store_bytes and load_bytes copy within the packet only', () => {
      const engine = makeEngine()
      const copy = (from: number, to: number) =>
        runOnce(
          engine,
          (b) => {
            const buffer = b.stack(8)
            b.zero(buffer)
            const loaded = b.call('skb_load_bytes', b.context, from, buffer, 6)
            b.if(b.ne(loaded, 0), () => b.exit(loaded))
            b.exit(b.call('skb_store_bytes', b.context, to, buffer, 6, 0))
          },
          { type },
        )
      expect(copy(0, 6).packet.subarray(6, 12)).toEqual(udpFrame().subarray(0, 6))
      expect([copy(54, 0).verdict, copy(55, 0).verdict, copy(0, 55).verdict]).toEqual([
        0,
        -ERRNO.EFAULT,
        -ERRNO.EFAULT,
      ])
    })

    it('pull_data wants no more than there is, and bounds are read again after it', () => {
      const engine = makeEngine()
      const pull = (bytes: number) =>
        runOnce(
          engine,
          (b) => {
            const short = b.label('short')
            const status = b.call('skb_pull_data', b.context, bytes)
            b.jumpIf(b.ne(status, 0), short)
            const packet = b.packet()
            b.requireBytes(packet, 14, short)
            b.exit(b.load(1, packet.data, 12))
            b.place(short)
            b.exit(status)
          },
          { type },
        ).verdict
      expect([pull(60), pull(61)]).toEqual([8, -ERRNO.ENOMEM])
    })

    it('change_tail cuts and grows', () => {
      const engine = makeEngine()
      const change = (length: number) =>
        runOnce(engine, (b) => b.exit(b.call('skb_change_tail', b.context, length, 0)), { type })
      expect([change(50).packet.length, change(80).packet.length]).toEqual([50, 80])
      expect(change(10).verdict).toBe(-ERRNO.EINVAL)
    })

    it('l3_csum_replace and l4_csum_replace keep checksums right', () => {
      const destination = 0x6302_000a
      const { verdict, packet } = runOnce(
        makeEngine(),
        (b) => {
          const failed = b.label('failed')
          const old = b.stack(4, 4)
          const fresh = b.stack(4, 4)
          b.store(4, fresh, 0, destination)
          const check = (status: ReturnType<typeof b.call>) => b.jumpIf(b.ne(status, 0), failed)
          check(b.call('skb_load_bytes', b.context, IP_DESTINATION, old, 4))
          const before = b.load(4, old, 0)
          check(b.call('l4_csum_replace', b.context, UDP_CHECKSUM, before, destination, 0x10 | 4))
          check(b.call('l3_csum_replace', b.context, IP_CHECKSUM, before, destination, 4))
          check(b.call('skb_store_bytes', b.context, IP_DESTINATION, fresh, 4, 0))
          b.exit(0)
          b.place(failed)
          b.exit(1)
        },
        { type },
      )
      expect(verdict).toBe(0)
      expect(Buffer.from(packet.subarray(30, 34)).toString('hex')).toBe('0a000263')
      expect(internetChecksum(packet.subarray(14, 34))).toBe(0)
      expect(internetChecksum(pseudoHeader(packet), packet.subarray(34))).toBe(0)
    })

    it.each<[string, number, number, number, number, number]>([
      ['a 16-bit field', UDP_CHECKSUM, 0x3500, 0x3600, 2, 0],
      ['a difference', UDP_CHECKSUM, 0, 0x1234, 0, 0],
      ['a difference with an old value', UDP_CHECKSUM, 1, 0x1234, 0, -ERRNO.EINVAL],
      ['a field of 3 bytes', UDP_CHECKSUM, 1, 2, 3, -ERRNO.EINVAL],
      ['an odd offset', UDP_CHECKSUM + 1, 1, 2, 2, -ERRNO.EFAULT],
      ['an offset outside', 60, 1, 2, 2, -ERRNO.EFAULT],
    ])('l4_csum_replace of %s', (_, offset, from, to, flags, status) => {
      const { verdict } = runOnce(
        makeEngine(),
        (b) => b.exit(b.call('l4_csum_replace', b.context, offset, from, to, flags)),
        { type },
      )
      expect(verdict).toBe(status)
    })
  })

  describe('csum_diff', () => {
    const difference = (engine: Engine, from: readonly number[], to: readonly number[], seed: number) =>
      runOnce(engine, (b) => {
        const slot = (words: readonly number[]) => {
          const bytes = b.stack(8)
          for (const [i, word] of words.entries()) b.store(4, bytes, 4 * i, word)
          return bytes
        }
        const side = (words: readonly number[]) => (words.length === 0 ? 0 : slot(words))
        b.exit(b.call('csum_diff', side(from), 4 * from.length, side(to), 4 * to.length, seed))
      }).verdict

    it('is the difference of two sums, plus a seed, in one’s complement', () => {
      const engine = makeEngine()
      const modulo = (x: number) => ((x % 0xffff) + 0xffff) % 0xffff
      const cases: ReadonlyArray<readonly [readonly number[], readonly number[], number]> = [
        [[0x0100000a], [0x6302000a], 0],
        [[0xffffffff, 1], [0, 0x80000000], 0xfffe],
        [[], [0x12345678, 0x9abcdef0], 7],
        [[0x12345678], [], 0],
        [[5], [5], 0],
      ]
      for (const [from, to, seed] of cases) {
        const sum = (words: readonly number[]) => words.reduce((a, b) => a + b, 0)
        const result = difference(engine, from, to, seed) >>> 0
        expect(modulo(result)).toBe(modulo(sum(to) - sum(from) + seed))
      }
    })
  })

  it('time goes on, and the CPU is one of those there are', () => {
    const { verdict } = runOnce(makeEngine(), (b) => {
      const first = b.call('ktime_get_ns')
      const second = b.call('ktime_get_ns')
      b.if(b.any(b.lt(second, first), b.gt(b.call('get_smp_processor_id'), 8192)), () => b.exit(XDP_DROP))
      b.exit(XDP_PASS)
    })
    expect(verdict).toBe(XDP_PASS)
  })

  it('a program goes on with a map whose handle is closed', () => {
    const engine = makeEngine()
    const spec: MapSpec = { name: 'kept', type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 }
    const map = engine.createMap(spec)
    map.update(u32(0), u32(42))
    const b = new ProgramBuilder({ name: 'keeps', type: 'xdp', license: 'GPL' })
    b.exit(b.load(4, b.mapValue(spec), 0))
    const program = engine.load(b.build(), { kept: map })
    map.close()
    expect(program.run(udpFrame()).verdict).toBe(42)
    program.close()
  })

  it('random arithmetic gives what bigints give', () => {
    const engine = makeEngine()
    fc.assert(
      fc.property(randomArithmetic, (arithmetic) => {
        const program = engine.load(arithmeticSpec(arithmetic), {})
        const { verdict, packet } = program.run(new Uint8Array(RESULT_SIZE))
        program.close()
        expect(verdict).toBe(0)
        const registers = arithmetic.start.map((_, register) => readU64(packet, 8 * register))
        expect(registers).toEqual(arithmeticMeaning(arithmetic))
      }),
      { numRuns: 1000 },
    )
  })

  it('random programs do what they mean', () => {
    const engine = makeEngine()
    fc.assert(
      fc.property(randomProgram, randomPacket, (syntax, packet) => {
        const b = new ProgramBuilder({ name: 'random', type: 'xdp', license: 'GPL', notes: false })
        emitRandomProgram(b, syntax)
        const program = engine.load(b.build(), {})
        try {
          expect(program.run(packet)).toMatchObject(meaningOf(syntax, packet))
        } finally {
          program.close()
        }
      }),
      { numRuns: 1000 },
    )
  })
}
