/** Counters of rules: one per-CPU array per node; each point owns a run of it, a slot per rule in `rulesOf` order. */
import type { BpfMap, MapSpec } from '../bpf/index.ts'

/** Of a value, native order: packets (u64), bytes (u64). */
export const counterField = { packets: 0, bytes: 8, size: 16 } as const

export const counterMap = (slots: number): MapSpec =>
  Object.freeze({
    name: 'counters',
    type: 'percpu_array',
    keySize: 4,
    valueSize: counterField.size,
    maxEntries: Math.max(1, slots),
  })

export interface Count {
  readonly packets: bigint
  readonly bytes: bigint
}

/** All slots in order, summed over CPUs. */
export function readCounters(map: BpfMap): readonly Count[] {
  const counts = new Array<Count>(map.spec.maxEntries)
  for (const [key, value] of map.lookupBatch()) {
    const slot = new DataView(key.buffer, key.byteOffset).getUint32(0, true)
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
    let packets = 0n
    let bytes = 0n
    for (let at = 0; at < value.byteLength; at += counterField.size) {
      packets += view.getBigUint64(at + counterField.packets, true)
      bytes += view.getBigUint64(at + counterField.bytes, true)
    }
    counts[slot] = { packets, bytes }
  }
  return counts
}
