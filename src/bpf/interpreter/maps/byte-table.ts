/** A hash table whose keys are bytes at an offset: looking up allocates nothing. */

export interface Keyed {
  readonly key: Uint8Array
  /** Hash of the key, and the next entry of its bucket. */
  hash: number
  next: Keyed | undefined
}

export class ByteTable<Entry extends Keyed> {
  size = 0
  private readonly keySize: number
  private buckets: Array<Keyed | undefined> = new Array(16).fill(undefined)

  constructor(keySize: number) {
    this.keySize = keySize
  }

  find(bytes: Uint8Array, at: number): Entry | undefined {
    const hash = this.hash(bytes, at)
    let entry = this.buckets[hash & (this.buckets.length - 1)]
    while (entry !== undefined && !(entry.hash === hash && this.same(entry.key, bytes, at)))
      entry = entry.next
    return entry as Entry | undefined
  }

  /** The key must not be there. */
  insert(entry: Entry): void {
    if (this.size >= this.buckets.length) this.grow()
    entry.hash = this.hash(entry.key, 0)
    const bucket = entry.hash & (this.buckets.length - 1)
    entry.next = this.buckets[bucket]
    this.buckets[bucket] = entry
    this.size++
  }

  /** The entry must be there. */
  remove(entry: Entry): void {
    const bucket = entry.hash & (this.buckets.length - 1)
    let at = this.buckets[bucket]!
    if (at === entry) this.buckets[bucket] = entry.next
    else {
      while (at.next !== entry) at = at.next!
      at.next = entry.next
    }
    this.size--
  }

  *entries(): Iterable<Entry> {
    for (let entry of this.buckets) for (; entry !== undefined; entry = entry.next) yield entry as Entry
  }

  /** FNV-1a, 32 bits. */
  private hash(bytes: Uint8Array, at: number): number {
    let hash = 0x811c9dc5
    for (let i = at; i < at + this.keySize; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
    return hash ^ (hash >>> 15)
  }

  private same(key: Uint8Array, bytes: Uint8Array, at: number): boolean {
    for (let i = 0; i < this.keySize; i++) if (key[i] !== bytes[at + i]) return false
    return true
  }

  private grow(): void {
    const old = [...this.entries()]
    this.buckets = new Array(this.buckets.length * 2).fill(undefined)
    for (const entry of old) {
      const bucket = entry.hash & (this.buckets.length - 1)
      entry.next = this.buckets[bucket]
      this.buckets[bucket] = entry
    }
  }
}
