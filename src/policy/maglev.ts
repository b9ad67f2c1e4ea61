/**
 * Maglev consistent hashing (Eisenbud et al., NSDI 2016, section 3.4): a table of prime size in which every backend owns
 * nearly the same number of slots and the loss of one moves few slots of the others.
 */
import { nameHash } from './flow-hash.ts'

/** Primes; the smallest with at least a hundred slots per backend keeps shares within about one percent (section 5.3). */
const sizes = [251, 1021, 4093, 16381, 65521]

export const tableSize = (backends: number): number =>
  // A single backend has all slots, however many: an endpoint of one instance needs no table to speak of.
  backends === 1 ? 1 : (sizes.find((size) => size >= 100 * backends) ?? (sizes.at(-1) as number))

/**
 * Slot → index into `names`. The result depends on the set of names, not on their order beyond the indices. Throws
 * `RangeError` when there are no names or more names than slots.
 */
export function maglevTable(names: readonly string[], size = tableSize(names.length)): Uint32Array {
  if (names.length === 0 || names.length > size)
    throw new RangeError(`build backend table: ${names.length} backends do not fit ${size} slots`)
  if (size === 1) return new Uint32Array(1)
  const order = names.map((_, i) => i).sort((a, b) => ((names[a] as string) < (names[b] as string) ? -1 : 1))
  const walkers = order.map((index) => ({
    index,
    slot: nameHash(names[index] as string, 1) % size,
    skip: (nameHash(names[index] as string, 2) % (size - 1)) + 1,
  }))
  const empty = 0xffffffff
  const table = new Uint32Array(size).fill(empty)
  let filled = 0
  for (;;) {
    for (const walker of walkers) {
      while (table[walker.slot] !== empty) walker.slot = (walker.slot + walker.skip) % size
      table[walker.slot] = walker.index
      if (++filled === size) return table
    }
  }
}
