/**
 * Sets of addresses as data: one map per family and node for all its points' sets (`Point.sets`), each set with a number of its own
 * in the key. Points whose sets differ share a program, and it does not grow with them.
 */
import type { MapSpec } from '../bpf/index.ts'
import { type Family, familyBits, ipBytes, type Prefix, prefixFirst } from '../net/index.ts'
import type { Point } from '../policy/index.ts'
import type { Entry } from './balance/contents.ts'

/** Key: number of the set (u32, native order), address in network order. Value: a number (u32) that is always 1. */
export const setKey = { 4: { set: 0, address: 4, size: 8 }, 6: { set: 0, address: 4, size: 20 } } as const

/** The lists of a point that are kept as data: those of single addresses. */
export const setsOf = ({ sets = [] }: Point): readonly (readonly Prefix[])[] =>
  sets.filter((list) => list.every(({ family, length }) => length === familyBits(family)))

/** Parameter: number of the n-th of a point's sets in its node. */
export const setNumber = (index: number): string => `set-${index}`

/** All sets of one node's points. */
export interface NodeSets {
  readonly maps: Readonly<Record<Family, MapSpec>>
  /** By map name. */
  readonly contents: Readonly<Record<string, readonly Entry[]>>
  /** Of a point's sets, in the order of {@link setsOf}. */
  numbersOf(point: Point): readonly number[]
}

/** `undefined` if there are none. */
export function nodeSets(points: readonly Point[]): NodeSets | undefined {
  const numbers = new Map<readonly Prefix[], number>()
  for (const list of points.flatMap(setsOf)) if (!numbers.has(list)) numbers.set(list, numbers.size)
  if (numbers.size === 0) return undefined
  const entries: Record<Family, Map<string, Entry>> = { 4: new Map(), 6: new Map() }
  for (const [list, number] of numbers)
    for (const host of list) {
      const key = keyOf(host, number)
      entries[host.family].set(key.join(), [key, one])
    }
  const maps = { 4: setMap(4, entries[4].size), 6: setMap(6, entries[6].size) }
  return {
    maps,
    contents: {
      [maps[4].name]: [...entries[4].values()],
      [maps[6].name]: [...entries[6].values()],
    },
    numbersOf: (point) => setsOf(point).map((list) => numbers.get(list) as number),
  }
}

const one = Uint8Array.of(1, 0, 0, 0)

const setMap = (family: Family, entries: number): MapSpec =>
  Object.freeze({
    name: `sets${family}`,
    type: 'hash',
    keySize: setKey[family].size,
    valueSize: 4,
    maxEntries: Math.max(1, entries),
  })

function keyOf(host: Prefix, number: number): Uint8Array {
  const layout = setKey[host.family]
  const key = new Uint8Array(layout.size)
  new DataView(key.buffer).setUint32(layout.set, number, true)
  key.set(ipBytes(prefixFirst(host)), layout.address)
  return key
}
