/** Values by prefix: found by the same prefix alone, and not by one that holds it (for that see the forwarding tables of the model). */
import type { Prefix } from './prefix.ts'

export class PrefixMap<T> {
  /** By family and length. */
  readonly #values = new Map<number, Map<bigint, T>>()

  get({ family, value, length }: Prefix): T | undefined {
    return this.#values.get(length * 8 + family)?.get(value)
  }

  set({ family, value, length }: Prefix, item: T): void {
    const key = length * 8 + family
    const known = this.#values.get(key)
    if (known) known.set(value, item)
    else this.#values.set(key, new Map([[value, item]]))
  }
}
