/**
 * Whether parts of two networks, or of two policies, say the same, wherever they were written and why. They are large and share many of their parts: what
 * took long to compare is not compared again, as long as the one who compares is kept.
 */

/** Where something was written and why. */
const isUnsaid = (name: string): boolean => name === 'origin' || name === 'why' || name === 'at'

/** Comparing fewer values again costs less than remembering the result. */
const many = 32

export class Sameness {
  /** Of one network, each with what says the same in the other. Not weak: of millions, to find out who is gone takes longer than all else. */
  readonly #found = new Map<object, object>()
  #compared = 0

  /** @param one of one policy or network @param other of the other; the two always in this order */
  same(one: unknown, other: unknown): boolean {
    if (one === other) return true
    if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
    if (this.#found.get(one) === other) return true
    const before = this.#compared++
    const same = Array.isArray(one)
      ? Array.isArray(other) && this.#lists(one, other)
      : this.#records(one as Values, other as Values)
    if (same && this.#compared - before > many) this.#found.set(one, other)
    return same
  }

  /** Whether two records say the same in all but some of their fields. */
  sameBut<T extends object>(one: T, other: T, ...names: readonly (keyof T & string)[]): boolean {
    return (
      one === other ||
      this.#records(
        one as Values,
        other as Values,
        (name) => isUnsaid(name) || (names as readonly string[]).includes(name),
      )
    )
  }

  #lists(one: readonly unknown[], other: readonly unknown[]): boolean {
    if (one.length !== other.length) return false
    // What is the same object is soon compared, and of a long list not soon enough.
    this.#compared += one.length
    for (let index = 0; index < one.length; index++) if (!this.same(one[index], other[index])) return false
    return true
  }

  #records(one: Values, other: Values, isLeft = isUnsaid): boolean {
    for (const name in one) if (!isLeft(name) && !this.same(one[name], other[name])) return false
    for (const name in other)
      if (other[name] !== undefined && one[name] === undefined && !isLeft(name)) return false
    return true
  }
}

type Values = Readonly<Record<string, unknown>>
