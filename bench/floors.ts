/** Programs that do as little as can be done, to measure ours against. */
import { type MapSpec, ProgramBuilder, type ProgramSpec, TCX_NEXT, XDP_DROP } from '../src/bpf/index.ts'

export const floorMaps = {
  hash: { name: 'floor_hash', type: 'hash', keySize: 16, valueSize: 16, maxEntries: 65_536 },
  lru: { name: 'floor_lru', type: 'lru_hash', keySize: 16, valueSize: 16, maxEntries: 65_536 },
} as const satisfies Record<string, MapSpec>

export type Floor = 'nothing' | 'parse' | 'hash-miss' | 'lru-hit'

/**
 * `nothing`: returns at once. `parse`: Ethernet, IPv4, ports, with bounds checks. `hash-miss` and `lru-hit`: that, and one look-up of
 * the five-tuple.
 */
export function floorProgram(floor: Floor, type: 'xdp' | 'sched_cls'): ProgramSpec {
  const b = new ProgramBuilder({ name: `floor_${floor.replace('-', '_')}`, type, license: 'GPL' })
  const verdict = type === 'xdp' ? XDP_DROP : TCX_NEXT
  const done = b.label('done')
  if (floor !== 'nothing') {
    const packet = b.packet()
    b.requireBytes(packet, 42, done)
    b.jumpIf(b.ne(b.load(2, packet.data, 12), 0x0008), done)
    b.jumpIf(b.ne(b.load(1, packet.data, 14), 0x45), done)
    const key = b.stack(16, 8)
    b.store(4, key, 0, b.load(4, packet.data, 26))
    b.store(4, key, 4, b.load(4, packet.data, 30))
    b.store(4, key, 8, b.load(4, packet.data, 34))
    b.store(4, key, 12, b.load(1, packet.data, 23))
    if (floor !== 'parse') {
      const value = b.mapLookup(floor === 'hash-miss' ? floorMaps.hash : floorMaps.lru, key)
      b.jumpIf(b.eq(value, 0), done)
      b.jumpIf(b.eq(b.load(8, value, 0), 0), done)
    }
  }
  b.place(done)
  b.exit(verdict)
  return b.build()
}

/** The key that `floorProgram` looks up for a frame of IPv4. */
export function floorKey(frame: Uint8Array): Uint8Array {
  const key = new Uint8Array(16)
  key.set(frame.subarray(26, 34), 0)
  key.set(frame.subarray(34, 38), 8)
  key[12] = frame[23] as number
  return key
}
