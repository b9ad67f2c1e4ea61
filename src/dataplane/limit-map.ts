/**
 * Buckets of rate limits in maps: one map per node, limit and family. Buckets of prefixes give way, the least recently used first;
 * those of listed addresses, and the one that all others share, are there from the start and stay.
 */
import type { MapSpec } from '../bpf/index.ts'
import { type Family, familyBits, ipBytes } from '../net/index.ts'
import { type Limit, type LimitKey, others, type Point } from '../policy/index.ts'
import type { Entry } from './balance/contents.ts'

/**
 * Value, native order: when the bucket of packets and that of bytes are full again (u64 each, nanoseconds of the coarse monotonic
 * clock), and whether a processor is at it (u32, 0 or 1), unused (u32). The key is the address, in network order.
 */
export const bucket = { packets: 0, bytes: 8, lock: 16, size: 24 } as const

/** Maps of a limit, by family. */
export type LimitMaps = Readonly<Record<Family, MapSpec>>

/** The limits of a node's points, each once, in order. */
export const limitsOf = (points: readonly Point[]): readonly Limit[] => [
  ...new Set(
    points.flatMap(({ tiers }) => tiers.flatMap((tier) => (tier.kind === 'limit' ? tier.limits : []))),
  ),
]

/**
 * @param number of the limit in its node
 * @param buckets kept for prefixes, per limit and family
 */
export const limitMap = (number: number, { key }: Limit, family: Family, buckets: number): MapSpec =>
  Object.freeze({
    name: `limit${number}_${family}`,
    type: key.kind === 'prefix' ? ('lru_hash' as const) : ('hash' as const),
    keySize: familyBits(family) / 8,
    valueSize: bucket.size,
    maxEntries: key.kind === 'prefix' ? buckets : limitContents(key, family).length,
  })

/** Full buckets that are there from the start. */
export function limitContents(key: LimitKey, family: Family): readonly Entry[] {
  if (key.kind === 'prefix') return []
  const listed = key.addresses.filter((address) => address.family === family)
  const keys = new Map([...listed, others[family]].map((address) => [address.value, ipBytes(address)]))
  return Array.from(keys.values(), (bytes) => [bytes, new Uint8Array(bucket.size)] as const)
}
