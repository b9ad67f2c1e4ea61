/** What longest-prefix maps do: the same on every engine. */
import { describe, expect, it } from 'vitest'
import type { BpfMap, Engine } from '../engine.ts'
import { MAP_FLAG } from '../kernel-abi.ts'
import type { MapSpec } from '../spec.ts'
import { readU64, runOnce, u64, withMap } from './fixtures.ts'

const trie: MapSpec = {
  name: 'routes',
  type: 'lpm_trie',
  keySize: 8,
  valueSize: 8,
  maxEntries: 3,
  flags: MAP_FLAG.noPrealloc,
}

const errno = (code: string) => expect.objectContaining({ errno: code })

export function describeTries(makeEngine: () => Engine): void {
  const withNew = (spec: MapSpec, body: (map: BpfMap, engine: Engine) => void) => {
    const engine = makeEngine()
    withMap(engine, spec, (map) => body(map, engine))
  }

  describe('lpm_trie', () => {
    const prefix = (length: number, a: number, b: number, c: number, d: number) =>
      Uint8Array.of(length, 0, 0, 0, a, b, c, d)

    it('finds the longest prefix', () =>
      withNew(trie, (map) => {
        map.update(prefix(0, 0, 0, 0, 0), u64(1n))
        map.update(prefix(8, 10, 0, 0, 0), u64(2n))
        map.update(prefix(17, 10, 1, 128, 0), u64(3n))
        const at = (...address: [number, number, number, number]) =>
          readU64(map.lookup(prefix(32, ...address)))
        expect([at(11, 0, 0, 1), at(10, 1, 0, 1), at(10, 1, 128, 1), at(10, 1, 255, 1)]).toEqual([
          1n,
          2n,
          3n,
          3n,
        ])
      }))

    it('replaces and deletes a prefix by its bits, whatever stands behind them', () =>
      withNew(trie, (map) => {
        map.update(prefix(8, 10, 0, 0, 0), u64(1n))
        map.update(prefix(8, 10, 9, 9, 9), u64(2n))
        expect([...map.entries()].length).toBe(1)
        expect(() => map.update(prefix(8, 10, 1, 1, 1), u64(3n), 'create')).toThrow(errno('EEXIST'))
        expect(map.delete(prefix(9, 10, 0, 0, 0))).toBe(false)
        expect(map.delete(prefix(8, 10, 3, 3, 3))).toBe(true)
        expect(map.lookup(prefix(32, 10, 0, 0, 0))).toBeUndefined()
      }))

    it('refuses a prefix longer than its addresses, and entries past its end', () =>
      withNew(trie, (map) => {
        expect(() => map.update(prefix(33, 1, 2, 3, 4), u64(1n))).toThrow(errno('EINVAL'))
        for (let i = 0; i < 3; i++) map.update(prefix(32, 1, 2, 3, i), u64(1n))
        expect(() => map.update(prefix(32, 1, 2, 3, 9), u64(1n))).toThrow(errno('ENOSPC'))
      }))

    it('is searched by programs', () =>
      withNew(trie, (map, engine) => {
        map.update(prefix(24, 10, 0, 0, 0), u64(5n))
        const found = (last: number) =>
          runOnce(
            engine,
            (b) => {
              const key = b.stack(8)
              b.store(4, key, 0, 32)
              b.store(4, key, 4, b.bigEndian(0x0a00_0000 + last, 32))
              const value = b.mapLookup(trie, key)
              b.if(b.eq(value, 0), () => b.exit(0))
              b.exit(b.load(8, value, 0))
            },
            { maps: [map] },
          ).verdict
        expect([found(77), found(256)]).toEqual([5, 0])
      }))
  })
}
