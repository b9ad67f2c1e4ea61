/** Programs, contexts, lifetimes, and what programs mean: the same on every engine. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProgramBuilder } from '../builder/index.ts'
import type { Engine } from '../engine.ts'
import { VerifierError } from '../errors.ts'
import { exit, mov64, R0 } from '../instructions.ts'
import { SK_BUFF, TC_ACT_OK, TCX_NEXT, XDP_DROP, XDP_MD, XDP_PASS } from '../kernel-abi.ts'
import type { MapSpec, ProgramType } from '../spec.ts'
import { readU64, runOnce, u32, udpFrame } from './fixtures.ts'
import { arithmeticMeaning, arithmeticSpec, RESULT_SIZE, randomArithmetic } from './random-arithmetic.ts'
import { emitRandomProgram, meaningOf, randomPacket, randomProgram } from './random-program.ts'

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
