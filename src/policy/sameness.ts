/**
 * Whether parts of two policies say the same, wherever they were written and why. Policies are large and share most of their parts: what has been
 * found to say the same is not looked at again.
 */
import type { Point, Tier } from './point.ts'

/** Where something was written and why. */
const unsaid: ReadonlySet<string> = new Set(['origin', 'why', 'at'])

export class Sameness {
  /** Of one policy, each with what says the same in the other. */
  readonly #found = new WeakMap<object, object>()

  /** @param one of one policy @param other of the other; the two always in this order */
  points(one: Point, other: Point): boolean {
    return this.#same(one, other)
  }

  tiers(one: Tier, other: Tier): boolean {
    return this.#same(one, other)
  }

  #same(one: unknown, other: unknown): boolean {
    if (one === other) return true
    if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
    if (this.#found.get(one) === other) return true
    const same = Array.isArray(one)
      ? Array.isArray(other) && this.#lists(one, other)
      : this.#records(one as Values, other as Values)
    if (same && isLarge(one)) this.#found.set(one, other)
    return same
  }

  #lists(one: readonly unknown[], other: readonly unknown[]): boolean {
    return one.length === other.length && one.every((item, index) => this.#same(item, other[index]))
  }

  #records(one: Values, other: Values): boolean {
    const names = saidOf(one)
    return names.length === saidOf(other).length && names.every((name) => this.#same(one[name], other[name]))
  }
}

type Values = Readonly<Record<string, unknown>>

/** Looking at an address again costs less than remembering it. */
const isLarge = (value: object): boolean => Array.isArray(value) || 'kind' in value || 'match' in value

/** Names of what is there and is said. */
const saidOf = (values: Values): readonly string[] =>
  Object.keys(values).filter((name) => values[name] !== undefined && !unsaid.has(name))
