/** What only the interpreter can do: a settable clock, chance, CPU, routes; and tell what a run left behind. */
import { describe, expect, it } from 'vitest'
import { ProgramBuilder } from '../builder/index.ts'
import {
  ERRNO,
  SK_BUFF,
  TC_ACT_OK,
  TC_ACT_REDIRECT,
  TC_ACT_SHOT,
  XDP_PASS,
  XDP_REDIRECT,
} from '../kernel-abi.ts'
import type { MapSpec, ProgramType } from '../spec.ts'
import { runOnce, u32, u64, udpFrame } from '../testing/fixtures.ts'
import { InterpreterEngine } from './engine.ts'
import type { InterpreterContext, InterpreterResult } from './run.ts'

function run(
  engine: InterpreterEngine,
  type: ProgramType,
  emit: (b: ProgramBuilder) => void,
  context: InterpreterContext = {},
): InterpreterResult {
  const b = new ProgramBuilder({ name: 'test', type, license: 'GPL' })
  emit(b)
  return engine.load(b.build(), {}).run(udpFrame(), context)
}

describe('environment', () => {
  it('has a clock that can be set', () => {
    const engine = new InterpreterEngine({ clock: () => 5_000_000_123n })
    const read = (helper: 'ktime_get_ns' | 'jiffies64' | 'ktime_get_coarse_ns') =>
      run(engine, 'xdp', (b) => b.exit(b.mod(b.call(helper), 1_000_000_000))).verdict
    expect([read('ktime_get_ns'), read('ktime_get_coarse_ns'), read('jiffies64')]).toEqual([123, 123, 1250])
    engine.environment.clock = () => 7n
    expect(read('ktime_get_ns')).toBe(7)
  })

  it('has chance that can be chosen', () => {
    const engine = new InterpreterEngine({ random: () => 0x1_0000_0005 })
    expect(run(engine, 'xdp', (b) => b.exit(b.call('get_prandom_u32'))).verdict).toBe(5)
  })

  it('runs on the CPU that is set', () => {
    const spec: MapSpec = { name: 'perCpu', type: 'percpu_array', keySize: 4, valueSize: 8, maxEntries: 1 }
    const engine = new InterpreterEngine({ cpus: 3 })
    const map = engine.createMap(spec)
    for (const cpu of [0, 2, 2]) {
      engine.environment.cpu = cpu
      runOnce(
        engine,
        (b) => {
          const key = b.stack(4, 4)
          b.store(4, key, 0, 0)
          const value = b.mapLookup(spec, key)
          b.if(b.ne(value, 0), () => b.store(8, value, 0, b.add(b.load(8, value, 0), 1)))
          b.exit(b.call('get_smp_processor_id'))
        },
        { maps: [map] },
      )
    }
    expect(map.lookup(u32(0))).toEqual(Uint8Array.of(...u64(1n), ...u64(0n), ...u64(2n)))
  })

  it('asks a callback for routes', () => {
    const asked: Array<readonly [number, number, number]> = []
    const engine = new InterpreterEngine({
      fibLookup: (parameters, flags, ifindex) => {
        asked.push([parameters[0]!, flags, ifindex])
        parameters[8] = 9
        return 0
      },
    })
    const emit = (b: ProgramBuilder, size: number) => {
      const parameters = b.stack(64)
      b.zero(parameters)
      b.store(1, parameters, 0, 2)
      const status = b.call('fib_lookup', b.context, parameters, size, 1)
      b.if(b.ne(status, 0), () => b.exit(status))
      b.exit(b.load(1, parameters, 8))
    }
    expect(run(engine, 'xdp', (b) => emit(b, 64), { ifindex: 4 }).verdict).toBe(9)
    expect(asked).toEqual([[2, 1, 4]])
    expect(run(engine, 'xdp', (b) => emit(b, 32)).verdict).toBe(-ERRNO.EINVAL)
  })
})

describe('results', () => {
  const engine = new InterpreterEngine()

  it('say where the packet was redirected', () => {
    expect(run(engine, 'xdp', (b) => b.exit(b.call('redirect', 7, 0)))).toMatchObject({
      verdict: XDP_REDIRECT,
      redirect: { ifindexes: [7], ingress: false, kind: 'plain' },
    })
    expect(run(engine, 'sched_cls', (b) => b.exit(b.call('redirect', 7, 1)))).toMatchObject({
      verdict: TC_ACT_REDIRECT,
      redirect: { ifindexes: [7], ingress: true },
    })
    expect(run(engine, 'sched_cls', (b) => b.exit(b.call('redirect_peer', 8, 0))).redirect?.kind).toBe('peer')
    const refused = run(engine, 'sched_cls', (b) => b.exit(b.call('redirect', 7, 2)))
    expect(refused.verdict).toBe(TC_ACT_SHOT)
    expect(refused.redirect).toBeUndefined()
  })

  it('name all interfaces of a broadcast', () => {
    const spec: MapSpec = { name: 'devices', type: 'devmap_hash', keySize: 4, valueSize: 4, maxEntries: 8 }
    const devices = engine.createMap(spec)
    for (const ifindex of [3, 4, 5]) devices.update(u32(ifindex * 100), u32(ifindex))
    const b = new ProgramBuilder({ name: 'flood', type: 'xdp', license: 'GPL' })
    b.exit(b.call('redirect_map', spec, 0, 8 + 16))
    const result = engine.load(b.build(), { devices }).run(udpFrame(), { ifindex: 4 })
    expect(result.redirect).toEqual({ ifindexes: [3, 5], ingress: false, kind: 'map' })
  })

  it('keep clones as they were', () => {
    const result = run(engine, 'sched_cls', (b) => {
      const byte = b.stack(8)
      b.store(8, byte, 0, 0xff)
      b.call('clone_redirect', b.context, 6, 0)
      b.call('skb_store_bytes', b.context, 0, byte, 1, 0)
      b.exit(TC_ACT_OK)
    })
    expect(result.packet[0]).toBe(0xff)
    expect(result.clones).toEqual([{ ifindexes: [6], ingress: false, kind: 'clone', packet: udpFrame() }])
  })

  it('keep the fields that tc programs leave', () => {
    const result = run(
      engine,
      'sched_cls',
      (b) => {
        b.store(4, b.context, SK_BUFF.mark, b.add(b.load(4, b.context, SK_BUFF.mark), 1))
        b.store(4, b.context, SK_BUFF.priority, 3)
        b.exit(TC_ACT_OK)
      },
      { mark: 41, cb: [1, 2] },
    )
    expect(result).toMatchObject({ mark: 42, priority: 3, cb: [1, 2, 0, 0, 0] })
  })

  it('collect what programs print', () => {
    const text = 'port %d of %x: %lld%%\0'
    const result = run(engine, 'xdp', (b) => {
      const format = b.stack(24)
      b.zero(format)
      for (const [i, letter] of [...text].entries()) b.store(1, format, i, letter.charCodeAt(0))
      b.call('trace_printk', format, text.length, -1, 0xffff, -5)
      b.exit(XDP_PASS)
    })
    expect(result.trace).toEqual(['port -1 of ffff: -5%'])
  })

  it('count instructions', () => {
    expect(run(engine, 'xdp', (b) => b.exit(2)).instructions).toBe(2)
  })
})

describe('lru_hash', () => {
  it('drops what programs used least lately', () => {
    const spec: MapSpec = { name: 'recent', type: 'lru_hash', keySize: 4, valueSize: 8, maxEntries: 3 }
    const engine = new InterpreterEngine()
    const map = engine.createMap(spec)
    for (const key of [1, 2, 3]) map.update(u32(key), u64(0n))
    runOnce(
      engine,
      (b) => {
        const key = b.stack(4, 4)
        b.store(4, key, 0, 1)
        b.mapLookup(spec, key)
        b.exit(0)
      },
      { maps: [map] },
    )
    map.lookup(u32(2))
    map.update(u32(4), u64(0n))
    expect([...map.entries()].map(([key]) => key[0]).sort()).toEqual([1, 3, 4])
  })
})
