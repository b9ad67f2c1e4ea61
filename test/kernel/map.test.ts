import { describe, expect, it } from 'vitest'
import { BpfError, type MapSpec, type MapType } from '../../src/bpf/index.ts'
import { createMap, kernelEngine, mapInfo, possibleCpus } from '../../src/kernel/index.ts'
import { constant, readU64, u32, u64 } from './bpf-programs.ts'
import { describeKernel } from './requirements.ts'

const spec = (type: MapType, more: Partial<MapSpec> = {}): MapSpec => ({
  name: type.slice(0, 15),
  type,
  keySize: 4,
  valueSize: 8,
  maxEntries: 64,
  ...(type === 'lpm_trie' && { flags: 1 }),
  ...more,
})
const hashes = ['hash', 'lru_hash', 'percpu_hash', 'lru_percpu_hash'] as const
const arrays = ['array', 'percpu_array'] as const

describeKernel('maps', () => {
  for (const type of hashes)
    it(`${type}: creates, updates, finds, lists and deletes`, () => {
      const map = createMap(spec(type))
      const copies = type.includes('percpu') ? possibleCpus() : 1
      const value = (n: bigint) =>
        Uint8Array.from(
          Array(copies)
            .fill([...u64(n)])
            .flat(),
        )
      expect(map.lookup(u32(1))).toBeUndefined()
      map.update(u32(1), value(10n))
      map.update(u32(2), value(20n), 'create')
      map.update(u32(1), value(11n), 'exist')
      expect(map.lookup(u32(1))).toEqual(value(11n))
      expect(() => map.update(u32(1), value(0n), 'create')).toThrow(
        expect.objectContaining({ errno: 'EEXIST' }),
      )
      expect(() => map.update(u32(9), value(0n), 'exist')).toThrow(
        expect.objectContaining({ errno: 'ENOENT' }),
      )
      expect([...map.entries()].sort()).toEqual([
        [u32(1), value(11n)],
        [u32(2), value(20n)],
      ])
      expect(map.delete(u32(1))).toBe(true)
      expect(map.delete(u32(1))).toBe(false)
      map.close()
    })

  for (const type of arrays)
    it(`${type}: has all entries from the start`, () => {
      const map = createMap(spec(type, { maxEntries: 3 }))
      map.update(u32(2), new Uint8Array(map.valueBytes).fill(7))
      expect([...map.entries()].map(([key, value]) => [readKey(key), value[0]])).toEqual([
        [0, 0],
        [1, 0],
        [2, 7],
      ])
      expect(map.lookup(u32(3))).toBeUndefined()
      expect(() => map.update(u32(3), new Uint8Array(map.valueBytes))).toThrow(
        `update map '${type}': too large (E2BIG); it has 3 entries; give it more`,
      )
      map.close()
    })

  it('lpm_trie: the longest prefix wins', () => {
    const map = createMap(spec('lpm_trie', { keySize: 8 }))
    const key = (length: number, ...bytes: number[]) => Uint8Array.of(...u32(length), ...bytes)
    map.update(key(8, 10, 0, 0, 0), u64(8n))
    map.update(key(24, 10, 1, 2, 0), u64(24n))
    expect(readU64(map.lookup(key(32, 10, 1, 2, 3)))).toBe(24n)
    expect(readU64(map.lookup(key(32, 10, 9, 9, 9)))).toBe(8n)
    expect(map.lookup(key(32, 11, 0, 0, 1))).toBeUndefined()
    expect([...map.entries()]).toHaveLength(2)
    map.close()
  })

  it('queue: first in, first out', () => {
    const map = createMap(spec('queue', { keySize: 0 }))
    for (const n of [1n, 2n]) map.update(new Uint8Array(), u64(n))
    expect(readU64(map.lookup(new Uint8Array()))).toBe(1n)
    expect([map.pop(), map.pop(), map.pop()].map(readU64)).toEqual([1n, 2n, -1n])
    map.close()
  })

  it('array_of_maps and hash_of_maps hold maps of one shape', () => {
    const inner = spec('array', { name: 'inner', maxEntries: 1 })
    for (const type of ['array_of_maps', 'hash_of_maps'] as const) {
      const outer = createMap(spec(type, { valueSize: 4, inner }))
      const member = createMap(inner)
      outer.update(u32(1), member)
      expect(readKey(outer.lookup(u32(1))!)).toBe(mapInfo(member.fd).id)
      const stranger = createMap(spec('hash'))
      expect(() => outer.update(u32(2), stranger)).toThrow(BpfError)
      for (const map of [outer, member, stranger]) map.close()
    }
    expect(() => createMap(spec('array_of_maps', { valueSize: 4 }))).toThrow("give 'inner' in its spec")
  })

  it('prog_array takes programs', () => {
    const map = createMap(spec('prog_array', { valueSize: 4 }))
    const program = kernelEngine.load(constant('xdp', 2), {})
    map.update(u32(3), program)
    expect([...map.entries()].map(([key]) => readKey(key))).toEqual([3])
    expect(map.delete(u32(3))).toBe(true)
    map.close()
    program.close()
  })

  it('lists and updates many entries in batches, and names the first that does not fit', () => {
    for (const type of ['hash', 'array', 'lru_hash', 'percpu_array'] as const) {
      const map = createMap(spec(type, { maxEntries: 200_000 }))
      const value = (n: number) => new Uint8Array(map.valueBytes).fill(n & 255)
      const entries = Array.from({ length: 150_000 }, (_, i) => [u32(i), value(i)] as const)
      map.updateBatch(entries)
      const found = new Map(map.lookupBatch().map(([key, bytes]) => [readKey(key), bytes[0]]))
      if (type !== 'lru_hash') expect(found.size).toBe(type === 'hash' ? 150_000 : 200_000)
      expect(found.get(149_999)).toBe(149_999 & 255)
      map.close()
    }
    const small = createMap(spec('hash', { maxEntries: 2 }))
    const entries = [1, 2, 3].map((n) => [u32(n), u64(0n)] as const)
    expect(() => small.updateBatch(entries)).toThrow(
      "update map 'hash': entry 2 of 3: too large (E2BIG); it has 2 entries",
    )
    small.close()
  })

  describe('misuse', () => {
    const map = () => createMap(spec('hash'))

    it('refuses keys and values of another size', () => {
      const it = map()
      expect(() => it.lookup(new Uint8Array(3))).toThrow('key of 3 bytes; give 4 bytes')
      expect(() => it.update(u32(1), u32(1))).toThrow('value of 4 bytes; give 8 bytes')
      expect(() => it.updateBatch([[u32(1), u32(1)]])).toThrow(RangeError)
      it.close()
    })

    it('refuses use after closing, even if the descriptor is taken again', () => {
      const closed = map()
      closed.close()
      closed.close()
      const other = map()
      other.update(u32(1), u64(1n))
      expect(() => closed.lookup(u32(1))).toThrow(expect.objectContaining({ errno: 'EBADF' }))
      expect(() => closed.lookupBatch()).toThrow(expect.objectContaining({ errno: 'EBADF' }))
      other.close()
    })

    it('says what is wrong with a spec', () => {
      expect(() => createMap(spec('hash', { maxEntries: 0 }))).toThrow(/^create map 'hash': invalid argument/)
    })
  })

  it('freezes', () => {
    const map = createMap(spec('array'))
    map.update(u32(0), u64(5n))
    map.freeze()
    expect(() => map.update(u32(0), u64(6n))).toThrow(expect.objectContaining({ errno: 'EPERM' }))
    expect(readU64(map.lookup(u32(0)))).toBe(5n)
    map.close()
  })
})

const readKey = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
