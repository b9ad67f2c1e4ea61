/**
 * Flow tables in maps: one per family and node, shared by all its stateful filters, each filter with a number of its own
 * in the key. Least recently used flows give way when a table is full.
 */
import type { MapSpec } from '../bpf/index.ts'
import type { Family } from '../net/index.ts'

/**
 * Key, in network order as on the wire unless said otherwise: local address, remote address (4 or 16 bytes each), local port
 * (2), remote port (2), owner (4, native order): protocol in the upper byte, number of the filter below it.
 */
export const flowKey = {
  4: { local: 0, remote: 4, ports: 8, owner: 12, size: 16 },
  6: { local: 0, remote: 16, ports: 32, owner: 36, size: 40 },
} as const

/**
 * Value, native order: when last seen (u64, nanoseconds of the coarse monotonic clock), rule that opened it (u32), unused
 * (u32), when it ends whatever is seen of it (u64, the same clock; 0: never).
 */
export const flowValue = { lastSeen: 0, rule: 8, until: 16, size: 24 } as const

/** Largest number of a filter in a node: three bytes of the key. */
export const maxFilters = 0xffffff

/** @param entries flows kept per node and family */
export const flowMap = (family: Family, entries: number): MapSpec =>
  Object.freeze({
    name: `flows${family}`,
    type: 'lru_hash',
    keySize: flowKey[family].size,
    valueSize: flowValue.size,
    maxEntries: entries,
  })
