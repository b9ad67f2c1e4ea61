/**
 * For how long each node is left alone after it was looked at: so that looking takes a small share of the time whoever changes things there,
 * and that somebody who takes things off again and again, in a guest that is his own, has them back more and more rarely.
 */

/** Milliseconds after any look, and after the first lapse; each further one in a row doubles them. */
const shortest = 50
/** Of the time that a look takes, so many times as much is left to others. */
const restFactor = 19
/** Milliseconds without a lapse, beyond twice the last rest, after which the next one is the first again. */
const quiet = 1000

interface Rest {
  /** Milliseconds, on the clock of `performance.now`. */
  readonly until: number
  /** Lapses in a row. */
  readonly row: number
  /** When they are forgotten, if there is none until then. */
  readonly forgotten: number
}

export class Rests {
  readonly #rests = new Map<string, Rest>()

  /** Milliseconds for which the node still rests; 0: it may be looked at. */
  left(id: string, now: number): number {
    return Math.max(0, (this.#rests.get(id)?.until ?? 0) - now)
  }

  /**
   * After a look, which ended now.
   * @param took milliseconds
   * @param lapsed something was missing
   * @param longest milliseconds for which the node may rest
   */
  begin(id: string, now: number, took: number, lapsed: boolean, longest: number): void {
    const before = this.#rests.get(id)
    const { row = 0, forgotten = 0 } = before && now < before.forgotten ? before : {}
    const rest = Math.min(longest, Math.max(shortest, restFactor * took, lapsed ? shortest * 2 ** row : 0))
    const until = now + rest
    this.#rests.set(
      id,
      lapsed ? { until, row: row + 1, forgotten: until + rest + quiet } : { until, row, forgotten },
    )
  }
}
