/** Sets that follow from nothing else. */
import type { PacketSets } from './packet-sets.ts'

/** The same function, which makes what it makes once for each {@link PacketSets}. */
export function once<T>(make: (sets: PacketSets) => T): (sets: PacketSets) => T {
  const known = new WeakMap<PacketSets, { readonly value: T }>()
  return (sets) => {
    const found = known.get(sets) ?? { value: make(sets) }
    known.set(sets, found)
    return found.value
  }
}
