/** How often something was taken off in a short time. */

/** So many within so many milliseconds are no accident. */
const limit = 5
const period = 10_000

export class Strikes {
  readonly #times = new Map<number, readonly number[]>()

  /**
   * One more, of an interface.
   * @param now milliseconds
   * @returns whether that is too often
   */
  add(index: number, now: number): boolean {
    const recent = (this.#times.get(index) ?? []).filter((time) => now - time < period)
    this.#times.set(index, [...recent, now].slice(-limit))
    return recent.length + 1 >= limit
  }

  /** From now on none was taken off. */
  forget(): void {
    this.#times.clear()
  }
}
