/**
 * Records of filters: where points of one node differ only in what is their own (addresses, counters, slots), one loaded program serves
 * them all, and reads what it needs from the record of the interface on which it stands. The kernel then verifies one
 * program, not one for each VM. Interfaces that no such filter stands on have empty records, which nobody reads.
 */
import type { MapSpec } from '../bpf/index.ts'
import type { Entry } from './balance/contents.ts'

/** A map of records, and which parameter of a template is where in them: 8 bytes each, native order. */
export interface FilterRecords {
  readonly map: MapSpec
  readonly offsets: Readonly<Record<string, number>>
}

export const isRecordMap = (name: string): boolean => /^filters\d+$/.test(name)

/**
 * @param number of the map in its node
 * @param parameters names of what the filters need
 * @param interfaces one more than the largest interface index
 */
export function filterRecords(
  number: number,
  parameters: readonly string[],
  interfaces: number,
): FilterRecords {
  const map: MapSpec = Object.freeze({
    name: `filters${number}`,
    type: 'array',
    keySize: 4,
    valueSize: 8 * parameters.length,
    maxEntries: interfaces,
  })
  const offsets = Object.fromEntries(parameters.map((name, index) => [name, 8 * index]))
  return Object.freeze({ map, offsets: Object.freeze(offsets) })
}

/** The record of the filter on an interface. @param values by parameter, at most 64 bits each */
export function recordEntry(
  { map, offsets }: FilterRecords,
  index: number,
  values: Readonly<Record<string, number | bigint>>,
): Entry {
  const key = new Uint8Array(map.keySize)
  new DataView(key.buffer).setUint32(0, index, true)
  const record = new Uint8Array(map.valueSize)
  const view = new DataView(record.buffer)
  for (const [name, offset] of Object.entries(offsets))
    view.setBigUint64(offset, BigInt.asUintN(64, BigInt(values[name] as number | bigint)), true)
  return [key, record]
}
