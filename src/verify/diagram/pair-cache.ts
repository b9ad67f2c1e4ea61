/**
 * What operations on two diagrams came to, so that shared parts are looked at once. Lossy: a result gives way to the next one that
 * has its place, and is then computed again.
 */
export class PairCache {
  /** Four numbers for each: operation, operands, result. */
  #entries = new Int32Array(4 * first)
  #mask = first - 1

  find(operation: number, a: number, b: number): number | undefined {
    const at = this.#place(operation, a, b)
    const entries = this.#entries
    return entries[at] === operation && entries[at + 1] === a && entries[at + 2] === b
      ? entries[at + 3]
      : undefined
  }

  /** @param nodes that there are: the cache grows with them */
  keep(operation: number, a: number, b: number, result: number, nodes: number): void {
    if (nodes > this.#mask) this.reserve(nodes)
    const at = this.#place(operation, a, b)
    const entries = this.#entries
    entries[at] = operation
    entries[at + 1] = a
    entries[at + 2] = b
    entries[at + 3] = result
  }

  /** Grows as it would with so many nodes. */
  reserve(nodes: number): void {
    while (nodes > this.#mask && this.#mask < largest) this.#grow()
  }

  #place(operation: number, a: number, b: number): number {
    const hash = Math.imul(Math.imul(a, 0x9e3779b1) ^ Math.imul(b + operation, 0x85ebca6b), 0xc2b2ae35)
    return ((hash ^ (hash >>> 15)) & this.#mask) * 4
  }

  #grow(): void {
    const old = this.#entries
    this.#mask = this.#mask * 2 + 1
    this.#entries = new Int32Array(4 * (this.#mask + 1))
    for (let i = 0; i < old.length; i += 4) {
      const [operation, a, b] = [old[i] as number, old[i + 1] as number, old[i + 2] as number]
      if (operation === 0) continue
      const at = this.#place(operation, a, b)
      this.#entries[at] = operation
      this.#entries[at + 1] = a
      this.#entries[at + 2] = b
      this.#entries[at + 3] = old[i + 3] as number
    }
  }
}

/** Entries at first. */
const first = 262_144

/** Entries are 16 bytes: at most 64 MiB. */
const largest = 4 * 1024 * 1024 - 1
