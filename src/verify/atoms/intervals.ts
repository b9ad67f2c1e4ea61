/**
 * Whole numbers cut into intervals, each with a name (0, 1, 2, …) that it keeps when others are cut: the atoms of which every range with these
 * ends is made (Yang and Lam, *Atomic predicates*, ICNP 2013; as intervals in Horn et al., *Delta-net*, NSDI 2017).
 */
export class Intervals {
  /** Where each interval begins, in order; it ends where the next begins. */
  #starts = new Float64Array(64)
  /** Its name. */
  #names = new Int32Array(64)
  #length = 1

  /** Numbers are from 0 to below this. */
  readonly end: number

  constructor(end = 2 ** 32) {
    this.end = end
  }

  /** Intervals there are; their names are the numbers below. */
  get size(): number {
    return this.#length
  }

  /** Place of the interval that holds a number, in order. */
  placeOf(value: number): number {
    const starts = this.#starts
    let low = 0
    let high = this.#length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((starts[middle] as number) <= value) low = middle
      else high = middle - 1
    }
    return low
  }

  startAt(place: number): number {
    return this.#starts[place] as number
  }

  nameAt(place: number): number {
    return this.#names[place] as number
  }

  /**
   * Makes an interval begin here. A new one has the next name, and what it is cut from keeps its own.
   * @returns the place where the interval begins, and what it was cut from, if it is new
   */
  cut(value: number): { readonly place: number; readonly from?: number } {
    if (value >= this.end) return { place: this.#length }
    const place = this.placeOf(value)
    if (this.#starts[place] === value) return { place }
    if (this.#length === this.#starts.length) this.#grow()
    const [from, name] = [this.#names[place] as number, this.#length]
    this.#starts.copyWithin(place + 2, place + 1, this.#length)
    this.#names.copyWithin(place + 2, place + 1, this.#length)
    this.#starts[place + 1] = value
    this.#names[place + 1] = name
    this.#length++
    return { place: place + 1, from }
  }

  #grow(): void {
    const [starts, names] = [new Float64Array(this.#length * 2), new Int32Array(this.#length * 2)]
    starts.set(this.#starts)
    names.set(this.#names)
    this.#starts = starts
    this.#names = names
  }
}
