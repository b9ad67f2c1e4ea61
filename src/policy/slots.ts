/** Which of its things each place of a quota was given to last: a thing may be gone, or have another place by now. */
export class Slots {
  readonly keys = new Map<number, string>()
  readonly #quota: number
  #cursor = 0

  constructor(quota: number) {
    this.#quota = quota
  }

  /** The place at the cursor, which goes on to the next. */
  next(): number {
    const slot = this.#cursor % this.#quota
    this.#cursor = (this.#cursor + 1) >>> 0
    return slot
  }
}
