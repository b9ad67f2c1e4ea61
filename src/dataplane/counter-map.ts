/** Counters of rules: one per-CPU array per node; each point owns a run of it, a slot per rule in `rulesOf` order. */
import type { BpfMap, MapSpec } from '../bpf/index.ts'

/** Of a value, native order: packets (u64), bytes (u64), tick of the last hit (u64; see `Count`). */
export const counterField = { packets: 0, bytes: 8, lastHit: 16, size: 24 } as const

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
  /**
   * When the rule decided last, in ticks of the kernel's timer (`jiffies_64`, some milliseconds each): reading them costs a packet
   * nothing, where asking a clock costs as much as all of a router's rules. 0n: never.
   */
  readonly lastHit: bigint
}

export const noCount: Count = Object.freeze({ packets: 0n, bytes: 0n, lastHit: 0n })

/** All slots in order, summed over CPUs; of last hits the latest. */
export function readCounters(map: BpfMap): readonly Count[] {
  const counts = new Array<Count>(map.spec.maxEntries)
  for (const [key, value] of map.lookupBatch()) {
    const slot = new DataView(key.buffer, key.byteOffset).getUint32(0, true)
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
    let packets = 0n
    let bytes = 0n
    let lastHit = 0n
    for (let at = 0; at < value.byteLength; at += counterField.size) {
      packets += view.getBigUint64(at + counterField.packets, true)
      bytes += view.getBigUint64(at + counterField.bytes, true)
      const hit = view.getBigUint64(at + counterField.lastHit, true)
      if (hit > lastHit) lastHit = hit
    }
    counts[slot] = { packets, bytes, lastHit }
  }
  return counts
}
