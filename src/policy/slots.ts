/** Slots that a new thing tries before it is refused. */
export const slotTries = 8

/** Places of a quota, and which of its things each was given to last: a thing may be gone, or have another place by now. */
export class Slots {
  readonly #keys = new Map<number, string>()
  readonly #quota: number
  #cursor = 0

  constructor(quota: number) {
    this.#quota = quota
  }

  /**
   * Gives a place to a thing, by its key: the one at the cursor, if what it was given to last gives way, else the next, and so on up to
   * {@link slotTries}; `undefined` if none does.
   * @param givesWay whether the thing of that key, which had the slot last, gives it up; it is forgotten then
   */
  take(key: string, givesWay: (holder: string, slot: number) => boolean): number | undefined {
    for (let tries = 0; tries < slotTries; tries++) {
      const slot = this.#next()
      const holder = this.#keys.get(slot)
      if (holder !== undefined && !givesWay(holder, slot)) continue
      this.#keys.set(slot, key)
      return slot
    }
    return undefined
  }

  #next(): number {
    const slot = this.#cursor % this.#quota
    this.#cursor = (this.#cursor + 1) >>> 0
    return slot
  }
}
