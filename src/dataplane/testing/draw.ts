/**
 * Choices from a seed, always the same for the same seed. Parts of a generated case are drawn from seeds of their own, so
 * that when fast-check takes a part away the others stay as they are.
 */
export class Draw {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** 32 random bits, unsigned: mulberry32 (Tommy Ettinger, public domain). */
  word(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  /** 0 ≤ result < size. */
  below(size: number): number {
    return Math.floor((this.word() / 0x1_0000_0000) * size)
  }

  /** first ≤ result ≤ last. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1)
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  /** True in so many of a hundred cases. */
  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  /** An unsigned number of so many bits, a multiple of 32. */
  bits(count: number): bigint {
    let value = 0n
    for (let have = 0; have < count; have += 32) value = (value << 32n) | BigInt(this.word())
    return value
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }

  /** So many of a list, with repetitions. */
  several<T>(count: number, make: () => T): T[] {
    return Array.from({ length: count }, make)
  }
}
