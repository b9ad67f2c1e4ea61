/** A token bucket: so many requests at once, so many a second in the long run (RFC 2697 section 3, one bucket in requests). */

export interface BucketSize {
  /** Tokens that come back each second. */
  readonly rate: number
  /** Tokens that it holds at most, and at first. */
  readonly burst: number
}

export class TokenBucket {
  readonly #size: BucketSize
  #tokens: number
  #at: number

  /** @param now milliseconds of any clock that does not go back */
  constructor(size: BucketSize, now: number) {
    this.#size = size
    this.#tokens = size.burst
    this.#at = now
  }

  /** Takes a token; false if there is none. */
  take(now: number): boolean {
    const { rate, burst } = this.#size
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, now - this.#at) * rate) / 1000)
    this.#at = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
