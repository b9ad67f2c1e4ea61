/**
 * Grants in maps: one per family and node, in which whoever grants access puts entries, and whose uses the programs count. Nothing
 * has to be taken out in time: an entry that has ended allows nothing.
 */
import type { MapSpec } from '../bpf/index.ts'
import { type Family, type Ip, ipBytes, ipFromBytes } from '../net/index.ts'
import type { GrantedPath } from '../policy/index.ts'

/** Key, in network order as on the wire: source, destination (4 or 16 bytes each), destination port (2), protocol (1), and a byte 0. */
export const grantKey = {
  4: { source: 0, destination: 4, port: 8, protocol: 10, size: 12 },
  6: { source: 0, destination: 16, port: 32, protocol: 34, size: 36 },
} as const

/**
 * Value, native order: the end (u64, nanoseconds of CLOCK_MONOTONIC), uses (u64), the last use (u64, the same clock; 0: none), number
 * of the grant (u32), unused (u32).
 */
export const grantValue = { until: 0, uses: 8, lastUse: 16, number: 24, size: 32 } as const

/** A site has at most 16 jump boxes, each with an address of a family, and a host one port. */
const maxGrants = 64

export const grantMap = (family: Family): MapSpec =>
  Object.freeze({
    name: `grants${family}`,
    type: 'hash',
    keySize: grantKey[family].size,
    valueSize: grantValue.size,
    maxEntries: maxGrants,
  })

/** An entry as it is in a map. */
export interface MappedGrant {
  readonly path: GrantedPath
  readonly until: bigint
  readonly number: number
  readonly uses: bigint
  /** 0 if it was never used. */
  readonly lastUse: bigint
}

export function encodeGrantKey({ source, destination, protocol, port }: GrantedPath): Uint8Array {
  const layout = grantKey[source.family]
  const bytes = new Uint8Array(layout.size)
  bytes.set(ipBytes(source), layout.source)
  bytes.set(ipBytes(destination), layout.destination)
  bytes.set([port >>> 8, port & 255], layout.port)
  bytes[layout.protocol] = protocol
  return bytes
}

/** A grant that was not used yet. */
export function encodeGrant(until: bigint, number: number): Uint8Array {
  const bytes = new Uint8Array(grantValue.size)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(grantValue.until, until, true)
  view.setUint32(grantValue.number, number, true)
  return bytes
}

export function decodeGrant(key: Uint8Array, value: Uint8Array): MappedGrant {
  const family: Family = key.length === grantKey[4].size ? 4 : 6
  const layout = grantKey[family]
  const width = family === 4 ? 4 : 16
  const address = (at: number): Ip => ipFromBytes(key.slice(at, at + width))
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  return {
    path: {
      source: address(layout.source),
      destination: address(layout.destination),
      protocol: key[layout.protocol] as number,
      port: ((key[layout.port] as number) << 8) | (key[layout.port + 1] as number),
    },
    until: view.getBigUint64(grantValue.until, true),
    number: view.getUint32(grantValue.number, true),
    uses: view.getBigUint64(grantValue.uses, true),
    lastUse: view.getBigUint64(grantValue.lastUse, true),
  }
}
