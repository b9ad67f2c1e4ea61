/** Whether an address is in any of many prefixes: one look-up for each length that they have. */
import type { Family, Ip } from './ip.ts'
import { type Prefix, prefixMask } from './prefix.ts'

interface OfLength {
  readonly mask: bigint
  readonly values: Set<bigint>
}

export class PrefixIndex {
  readonly #lengths: Readonly<Record<Family, Map<number, OfLength>>> = { 4: new Map(), 6: new Map() }

  constructor(prefixes: readonly Prefix[]) {
    for (const { family, value, length } of prefixes) {
      const lengths = this.#lengths[family]
      const known = lengths.get(length)
      if (known) known.values.add(value)
      else lengths.set(length, { mask: prefixMask(family, length), values: new Set([value]) })
    }
  }

  contains({ family, value }: Ip): boolean {
    for (const { mask, values } of this.#lengths[family].values()) if (values.has(value & mask)) return true
    return false
  }
}
