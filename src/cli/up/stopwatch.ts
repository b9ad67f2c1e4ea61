/** Seconds of each phase of a command. */
export class Stopwatch {
  readonly #seconds = new Map<string, number>()
  readonly #start = performance.now()
  #last = this.#start

  /** Ends a phase that began when the one before ended. */
  lap(phase: string): void {
    const now = performance.now()
    this.#seconds.set(phase, (this.#seconds.get(phase) ?? 0) + (now - this.#last) / 1000)
    this.#last = now
  }

  /** Takes over phases that were measured elsewhere, in the time since the last lap. */
  adopt(phases: Readonly<Record<string, number>>): void {
    for (const [phase, seconds] of Object.entries(phases)) this.#seconds.set(phase, seconds)
    this.#last = performance.now()
  }

  /** All phases in their order, and `total`: seconds to the millisecond. */
  read(): Readonly<Record<string, number>> {
    const total = (performance.now() - this.#start) / 1000
    return Object.fromEntries(
      [...this.#seconds, ['total', total] as const].map(([phase, value]) => [
        phase,
        Math.round(value * 1000) / 1000,
      ]),
    )
  }
}
