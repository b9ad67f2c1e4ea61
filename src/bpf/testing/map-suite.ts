/** What keyed maps do, seen by users and by programs: the same on every engine. */
import { describe, expect, it } from 'vitest'
import type { BpfMap, Engine } from '../engine.ts'
import { BpfError } from '../errors.ts'
import { ERRNO, MAP_FLAG, UPDATE } from '../kernel-abi.ts'
import type { MapSpec } from '../spec.ts'
import { readU64, runOnce, u32, u64, withMap } from './fixtures.ts'

const hash: MapSpec = { name: 'flows', type: 'hash', keySize: 4, valueSize: 8, maxEntries: 3 }
const array: MapSpec = { name: 'counters', type: 'array', keySize: 4, valueSize: 8, maxEntries: 3 }
const errno = (code: string) => expect.objectContaining({ errno: code })
const sorted = (entries: Iterable<readonly [Uint8Array, Uint8Array]>) =>
  [...entries].map(([key, value]) => [Buffer.from(key).toString('hex'), readU64(value)]).sort()

export function describeMaps(makeEngine: () => Engine): void {
  const withNew = (spec: MapSpec, body: (map: BpfMap, engine: Engine) => void) => {
    const engine = makeEngine()
    withMap(engine, spec, (map) => body(map, engine))
  }

  describe('hash', () => {
    it('keeps what was put under a key', () =>
      withNew(hash, (map) => {
        expect(map.lookup(u32(1))).toBeUndefined()
        map.update(u32(1), u64(10n))
        map.update(u32(2), u64(20n))
        map.update(u32(1), u64(11n))
        expect(map.lookup(u32(1))).toEqual(u64(11n))
        expect(sorted(map.entries())).toEqual([
          ['01000000', 11n],
          ['02000000', 20n],
        ])
      }))

    it('hands out copies', () =>
      withNew(hash, (map) => {
        map.update(u32(1), u64(10n))
        map.lookup(u32(1))!.fill(0xff)
        for (const [, value] of map.entries()) value.fill(0xff)
        expect(map.lookup(u32(1))).toEqual(u64(10n))
      }))

    it('creates only, replaces only', () =>
      withNew(hash, (map) => {
        expect(() => map.update(u32(1), u64(1n), 'exist')).toThrow(errno('ENOENT'))
        map.update(u32(1), u64(1n), 'create')
        expect(() => map.update(u32(1), u64(2n), 'create')).toThrow(errno('EEXIST'))
        map.update(u32(1), u64(3n), 'exist')
        expect(map.lookup(u32(1))).toEqual(u64(3n))
      }))

    it('is full at maxEntries, and still replaces', () =>
      withNew(hash, (map) => {
        for (let i = 0; i < 3; i++) map.update(u32(i), u64(0n))
        expect(() => map.update(u32(3), u64(0n))).toThrow(errno('E2BIG'))
        map.update(u32(2), u64(5n))
        map.delete(u32(0))
        map.update(u32(3), u64(0n))
      }))

    it('says whether there was something to delete', () =>
      withNew(hash, (map) => {
        map.update(u32(1), u64(1n))
        expect([map.delete(u32(1)), map.delete(u32(1))]).toEqual([true, false])
      }))

    it('moves many entries at once', () =>
      withNew({ ...hash, maxEntries: 5000 }, (map) => {
        map.updateBatch(Array.from({ length: 5000 }, (_, i) => [u32(i), u64(BigInt(i) * 3n)] as const))
        const all = sorted(map.lookupBatch())
        expect(all.length).toBe(5000)
        expect(new Set(all.map(([, value]) => value)).size).toBe(5000)
        expect(map.lookup(u32(4999))).toEqual(u64(14997n))
      }))

    it('refuses keys and values of another size', () =>
      withNew(hash, (map) => {
        expect(() => map.lookup(u64(1n))).toThrow(/key of 8 bytes/)
        expect(() => map.update(u32(1), u32(1))).toThrow(/value of 4 bytes/)
      }))

    it('gives programs the errors of the kernel', () =>
      withNew(hash, (map, engine) => {
        map.update(u32(1), u64(1n))
        const result = (mode: number, key: number) =>
          runOnce(
            engine,
            (b) => {
              const k = b.stack(4, 4)
              const v = b.stack(8)
              b.store(4, k, 0, key)
              b.store(8, v, 0, 99)
              b.exit(mode < 0 ? b.mapDelete(hash, k) : b.mapUpdate(hash, k, v, mode))
            },
            { maps: [map] },
          ).verdict
        expect(result(UPDATE.noexist, 1)).toBe(-ERRNO.EEXIST)
        expect(result(UPDATE.exist, 2)).toBe(-ERRNO.ENOENT)
        expect(result(UPDATE.any, 1)).toBe(0)
        expect(map.lookup(u32(1))).toEqual(u64(99n))
        expect(result(UPDATE.any, 2)).toBe(0)
        expect(result(UPDATE.any, 3)).toBe(0)
        expect(result(UPDATE.any, 4)).toBe(-ERRNO.E2BIG)
        expect(result(4, 1)).toBe(-ERRNO.EINVAL)
        expect([result(-1, 1), result(-1, 1)]).toEqual([0, -ERRNO.ENOENT])
      }))

    it('lets programs change values in place', () =>
      withNew(hash, (map, engine) => {
        map.update(u32(7), u64(40n))
        const run = () =>
          runOnce(
            engine,
            (b) => {
              const key = b.stack(4, 4)
              b.store(4, key, 0, 7)
              const value = b.mapLookup(hash, key)
              b.if(b.ne(value, 0), () => b.atomicAdd(8, value, 0, 2))
              b.exit(0)
            },
            { maps: [map] },
          )
        run()
        run()
        expect(map.lookup(u32(7))).toEqual(u64(44n))
      }))
  })

  describe('array', () => {
    it('is all zero from the start', () =>
      withNew(array, (map) => {
        expect(sorted(map.entries())).toEqual([
          ['00000000', 0n],
          ['01000000', 0n],
          ['02000000', 0n],
        ])
      }))

    it('ends at maxEntries, cannot create, cannot delete', () =>
      withNew(array, (map) => {
        map.update(u32(2), u64(7n), 'exist')
        expect(map.lookup(u32(2))).toEqual(u64(7n))
        expect(map.lookup(u32(3))).toBeUndefined()
        expect(() => map.update(u32(3), u64(0n))).toThrow(errno('E2BIG'))
        expect(() => map.update(u32(0), u64(0n), 'create')).toThrow(errno('EEXIST'))
        expect(() => map.delete(u32(0))).toThrow(errno('EINVAL'))
      }))

    it('gives programs no pointer past its end', () =>
      withNew(array, (map, engine) => {
        const present = (index: number) =>
          runOnce(
            engine,
            (b) => {
              const key = b.stack(4, 4)
              b.store(4, key, 0, index)
              b.if(b.eq(b.mapLookup(array, key), 0), () => b.exit(0))
              b.exit(1)
            },
            { maps: [map] },
          ).verdict
        expect([present(0), present(2), present(3)]).toEqual([1, 1, 0])
      }))

    it('of one entry is addressed without a look-up', () => {
      const globals: MapSpec = { ...array, name: 'globals', valueSize: 24, maxEntries: 1 }
      withNew(globals, (map, engine) => {
        runOnce(
          engine,
          (b) => {
            b.atomicAdd(8, b.mapValue(globals), 0, 5)
            b.store(8, b.mapValue(globals, 16), 0, 6)
            b.exit(0)
          },
          { maps: [map] },
        )
        const value = map.lookup(u32(0))
        expect([readU64(value), readU64(value, 8), readU64(value, 16)]).toEqual([5n, 0n, 6n])
      })
    })
  })

  describe.each(['percpu_hash', 'percpu_array', 'lru_percpu_hash'] as const)('%s', (type) => {
    const spec: MapSpec = { name: 'perCpu', type, keySize: 4, valueSize: 12, maxEntries: 4 }

    it('has a value for each CPU, padded to 8 bytes; programs see their own', () =>
      withNew(spec, (map, engine) => {
        const probe = type === 'percpu_array' ? map.lookup(u32(1))! : undefined
        const bump = () =>
          runOnce(
            engine,
            (b) => {
              const key = b.stack(4, 4)
              const zero = b.stack(16)
              b.store(4, key, 0, 1)
              b.zero(zero)
              b.if(b.eq(b.mapLookup(spec, key), 0), () => void b.mapUpdate(spec, key, zero))
              const value = b.mapLookup(spec, key)
              b.if(b.ne(value, 0), () => b.store(8, value, 0, b.add(b.load(8, value, 0), 1)))
              b.exit(0)
            },
            { maps: [map] },
          )
        for (let i = 0; i < 5; i++) bump()
        const all = map.lookup(u32(1))!
        expect(all.length % 16).toBe(0)
        expect(probe?.length ?? all.length).toBe(all.length)
        let sum = 0n
        for (let at = 0; at < all.length; at += 16) sum += readU64(all, at)
        expect(sum).toBe(5n)
        all.fill(0)
        map.update(u32(1), all)
        expect(map.lookup(u32(1))).toEqual(all)
      }))
  })

  it('lru_hash makes room by itself', () =>
    withNew({ ...hash, type: 'lru_hash', maxEntries: 100 }, (map) => {
      for (let i = 0; i < 1000; i++) map.update(u32(i), u64(BigInt(i)))
      expect(map.lookup(u32(999))).toEqual(u64(999n))
      const left = [...map.entries()].length
      expect(left).toBeGreaterThan(0)
      expect(left).toBeLessThanOrEqual(100)
    }))

  it.each<[string, Partial<MapSpec>]>([
    ['no entries', { maxEntries: 0 }],
    ['an array with long keys', { type: 'array', keySize: 8 }],
    ['a trie without noPrealloc', { type: 'lpm_trie', keySize: 8 }],
    ['a ring buffer of 1000 bytes', { type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: 1000 }],
    ['an LRU map with noPrealloc', { type: 'lru_hash', flags: MAP_FLAG.noPrealloc }],
  ])('refuses %s', (_, change) => {
    const engine = makeEngine()
    expect(() => engine.createMap({ ...hash, ...change })).toThrow(BpfError)
  })
}
