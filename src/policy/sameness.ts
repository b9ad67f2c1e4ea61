/**
 * Whether parts of two policies, or of two networks, say the same, wherever they were written and why. They are large and share many of their parts: what has been
 * found to say the same is not looked at again.
 */
/** Where something was written and why. */
const unsaid: ReadonlySet<string> = new Set(['origin', 'why', 'at'])

export class Sameness {
  /** Of one policy, each with what says the same in the other. */
  readonly #found = new WeakMap<object, object>()

  /** @param one of one policy or network @param other of the other; the two always in this order */
  same(one: unknown, other: unknown): boolean {
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
    if (one.length !== other.length) return false
    for (let index = 0; index < one.length; index++) if (!this.same(one[index], other[index])) return false
    return true
  }

  #records(one: Values, other: Values): boolean {
    for (const name in one) if (!unsaid.has(name) && !this.same(one[name], other[name])) return false
    for (const name in other)
      if (other[name] !== undefined && one[name] === undefined && !unsaid.has(name)) return false
    return true
  }
}

type Values = Readonly<Record<string, unknown>>

/** Looking at an address again costs less than remembering it. */
const isLarge = (value: object): boolean => Array.isArray(value) || 'kind' in value || 'match' in value
