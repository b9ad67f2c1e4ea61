/** Maps that hold programs, maps, devices, values without keys: the same on every engine. */
import { describe, expect, it } from 'vitest'
import { ProgramBuilder } from '../builder/index.ts'
import type { BpfMap, Engine } from '../engine.ts'
import { ERRNO, MAX_TAIL_CALLS, XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_REDIRECT } from '../kernel-abi.ts'
import type { MapSpec, ProgramSpec } from '../spec.ts'
import { readU64, runOnce, u32, u64, udpFrame, withMap } from './fixtures.ts'

const programs: MapSpec = { name: 'programs', type: 'prog_array', keySize: 4, valueSize: 4, maxEntries: 4 }
const inner: MapSpec = { name: 'inner', type: 'hash', keySize: 4, valueSize: 8, maxEntries: 4 }
const devices: MapSpec = { name: 'devices', type: 'devmap', keySize: 4, valueSize: 4, maxEntries: 4 }
const queue: MapSpec = { name: 'queue', type: 'queue', keySize: 0, valueSize: 8, maxEntries: 3 }
const ring: MapSpec = { name: 'ring', type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: 4096 }
const LOOPBACK = 1

/** All records that wait, oldest first. */
export type ReadRing = (map: BpfMap) => Uint8Array[]

export function describeReferences(makeEngine: () => Engine, readRing: ReadRing): void {
  describe('prog_array', () => {
    const constant = (verdict: number): ProgramSpec => {
      const b = new ProgramBuilder({ name: 'constant', type: 'xdp', license: 'GPL' })
      b.exit(verdict)
      return b.build()
    }
    const jump = (engine: Engine, map: BpfMap, index: number) =>
      runOnce(
        engine,
        (b) => {
          b.tailCall(programs, index)
          b.exit(XDP_DROP)
        },
        { maps: [map] },
      ).verdict

    it('leads into another program, or falls through', () => {
      const engine = makeEngine()
      withMap(engine, programs, (map) => {
        const target = engine.load(constant(XDP_PASS), {})
        map.update(u32(1), target)
        target.close()
        expect([jump(engine, map, 0), jump(engine, map, 1), jump(engine, map, 9)]).toEqual([
          XDP_DROP,
          XDP_PASS,
          XDP_DROP,
        ])
        expect([map.delete(u32(1)), map.delete(u32(1))]).toEqual([true, false])
        expect(jump(engine, map, 1)).toBe(XDP_DROP)
      })
    })

    it(`stops after ${MAX_TAIL_CALLS} calls, and gives each program a fresh stack`, () => {
      const engine = makeEngine()
      const counter: MapSpec = { name: 'counter', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 }
      withMap(engine, programs, (map) =>
        withMap(engine, counter, (count) => {
          const b = new ProgramBuilder({ name: 'again', type: 'xdp', license: 'GPL' })
          b.atomicAdd(8, b.mapValue(counter), 0, 1)
          b.tailCall(programs, 0)
          b.exit(XDP_PASS)
          const program = engine.load(b.build(), { programs: map, counter: count })
          map.update(u32(0), program)
          expect(program.run(udpFrame()).verdict).toBe(XDP_PASS)
          expect(readU64(count.lookup(u32(0)))).toBe(BigInt(MAX_TAIL_CALLS + 1))
          map.delete(u32(0))
          program.close()
        }),
      )
    })
  })

  describe.each(['array_of_maps', 'hash_of_maps'] as const)('%s', (type) => {
    const outer: MapSpec = { name: 'outer', type, keySize: 4, valueSize: 4, maxEntries: 2, inner }

    it('shows programs the map that is in it now', () => {
      const engine = makeEngine()
      withMap(engine, outer, (map) => {
        const look = () =>
          runOnce(
            engine,
            (b) => {
              const missing = b.label('missing')
              const key = b.stack(4, 4)
              b.store(4, key, 0, 1)
              const found = b.mapLookup(outer, key)
              b.jumpIf(b.eq(found, 0), missing)
              const value = b.call('map_lookup_elem', found, key)
              b.jumpIf(b.eq(value, 0), missing)
              b.exit(b.load(8, value, 0))
              b.place(missing)
              b.exit(0)
            },
            { maps: [map] },
          ).verdict
        expect(look()).toBe(0)
        for (const value of [5n, 6n]) {
          withMap(engine, inner, (held) => {
            held.update(u32(1), u64(value))
            map.update(u32(1), held)
          })
          expect(look()).toBe(Number(value))
        }
        expect(map.delete(u32(1))).toBe(true)
        expect(look()).toBe(0)
      })
    })

    it('takes only maps of its shape', () => {
      const engine = makeEngine()
      withMap(engine, outer, (map) =>
        withMap(engine, { ...inner, valueSize: 16 }, (other) =>
          expect(() => map.update(u32(0), other)).toThrow(expect.objectContaining({ errno: 'EINVAL' })),
        ),
      )
    })
  })

  it('devmap chooses the verdict of redirect_map', () => {
    const engine = makeEngine()
    withMap(engine, devices, (map) => {
      map.update(u32(2), u32(LOOPBACK))
      const redirect = (index: number, flags: number) =>
        runOnce(engine, (b) => b.exit(b.call('redirect_map', devices, index, flags)), { maps: [map] }).verdict
      expect(redirect(2, 0)).toBe(XDP_REDIRECT)
      expect(redirect(1, XDP_PASS)).toBe(XDP_PASS)
      expect(redirect(1, 0)).toBe(XDP_ABORTED)
      expect(redirect(9, XDP_DROP)).toBe(XDP_DROP)
      expect(redirect(2, 64)).toBe(XDP_ABORTED)
    })
  })

  it('queue gives back in order', () => {
    const engine = makeEngine()
    withMap(engine, queue, (map) => {
      const none = new Uint8Array()
      const use = (helper: 'map_push_elem' | 'map_pop_elem' | 'map_peek_elem', value = 0) =>
        runOnce(
          engine,
          (b) => {
            const slot = b.stack(8)
            b.store(8, slot, 0, value)
            const status =
              helper === 'map_push_elem' ? b.call(helper, queue, slot, 0) : b.call(helper, queue, slot)
            b.if(b.ne(status, 0), () => b.exit(status))
            b.exit(b.load(8, slot, 0))
          },
          { maps: [map] },
        ).verdict
      expect(use('map_pop_elem')).toBe(-ERRNO.ENOENT)
      for (const value of [11, 12, 13]) use('map_push_elem', value)
      expect(use('map_push_elem', 14)).toBe(-ERRNO.E2BIG)
      expect(map.lookup(none)).toEqual(u64(11n))
      expect([use('map_peek_elem'), use('map_pop_elem'), use('map_pop_elem')]).toEqual([11, 11, 12])
      map.update(none, u64(15n))
      expect([use('map_pop_elem'), use('map_pop_elem'), use('map_pop_elem')]).toEqual([13, 15, -ERRNO.ENOENT])
    })
  })

  describe('ringbuf', () => {
    it('carries records, in order, without those that were discarded', () => {
      const engine = makeEngine()
      withMap(engine, ring, (map) => {
        runOnce(
          engine,
          (b) => {
            const out = b.label('out')
            const first = b.stack(8)
            b.store(8, first, 0, 1)
            b.call('ringbuf_output', ring, first, 5, 0)
            for (const [value, end] of [
              [2, 'ringbuf_discard'],
              [3, 'ringbuf_submit'],
            ] as const) {
              const record = b.call('ringbuf_reserve', ring, 8, 0)
              b.jumpIf(b.eq(record, 0), out)
              b.store(8, record, 0, value)
              b.call(end, record, 0)
            }
            b.place(out)
            b.exit(0)
          },
          { maps: [map] },
        )
        expect(readRing(map)).toEqual([Uint8Array.of(1, 0, 0, 0, 0), u64(3n)])
        expect(readRing(map)).toEqual([])
      })
    })

    it('is full when headers and contents reach its size, and says what waits', () => {
      const engine = makeEngine()
      withMap(engine, ring, (map) => {
        const put = () =>
          runOnce(
            engine,
            (b) => {
              const data = b.stack(504)
              b.zero(data)
              b.exit(b.call('ringbuf_output', ring, data, 504, 0))
            },
            { maps: [map] },
          ).verdict
        const waiting = () =>
          runOnce(engine, (b) => b.exit(b.call('ringbuf_query', ring, 0)), { maps: [map] }).verdict
        expect(Array.from({ length: 7 }, put)).toEqual([0, 0, 0, 0, 0, 0, 0])
        expect(put()).toBe(-ERRNO.EAGAIN)
        expect(waiting()).toBe(7 * 512)
        expect(readRing(map).length).toBe(7)
        expect([waiting(), put()]).toEqual([0, 0])
      })
    })
  })
}
