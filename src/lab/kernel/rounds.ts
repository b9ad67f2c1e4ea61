/** Looking after the nodes one by one, again and again: once a second, and more rarely where that would take more than a tenth of a processor. */

/** Milliseconds from the beginning of a round to that of the next, at least. */
const period = 1000
/** Of the time that looking takes, so many times as much is left to others. */
const restFactor = 9
/** Milliseconds of looking after which the event loop has its turn. */
const stretch = 10

export class Rounds<T> {
  readonly #all: () => Iterable<T>
  readonly #look: (one: T) => void
  #timer: NodeJS.Timeout | undefined
  #left: T[] = []
  #began = 0

  /** @param look must not throw */
  constructor(all: () => Iterable<T>, look: (one: T) => void) {
    this.#all = all
    this.#look = look
  }

  /** From now on; does not keep the process alive. */
  start(): void {
    this.#after(period)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #after(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#go(), milliseconds).unref()
  }

  #go(): void {
    const start = performance.now()
    if (this.#left.length === 0) {
      this.#left = [...this.#all()].reverse()
      this.#began = start
    }
    for (let one = this.#left.pop(); one !== undefined; one = this.#left.pop()) {
      this.#look(one)
      if (performance.now() - start >= stretch) break
    }
    const rest = restFactor * (performance.now() - start)
    const round = this.#left.length > 0 ? 0 : this.#began + period - performance.now()
    this.#after(Math.max(rest, round))
  }
}
