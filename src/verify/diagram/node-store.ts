/**
 * The nodes of decision diagrams, each once, one behind the other in one flat array, so that what is asked of a node lies together in memory: most
 * of them are met long after they were made, and each place apart is waited for. A node is made in two steps, since its children are made in between:
 * {@link begin}, a {@link push} for each range, {@link end}. Nodes are never given back: a store lives as long as one proof.
 */
export class NodeStore {
  /** Nodes. */
  size = 0
  /** Of each node: its level and how many ranges it has, then of each range its last number and its child. A node is the place of the first of these. */
  #words = new Int32Array(8 * first)
  /** Words that are taken. No node is 0. */
  #taken = 1
  /** Open addressing, two for each slot: hash and node, 0 if it is free. */
  #table = new Int32Array(8 * first)
  /** Ranges of nodes that are being made: last number and child. */
  #made = new Int32Array(16_384)
  #top = 0

  level(node: number): number {
    return (this.#words[node] as number) & 0xff
  }

  /** Place of a node's first range. */
  start(node: number): number {
    return node + 1
  }

  /** The place of the next range. */
  next(place: number): number {
    return place + 2
  }

  /** The place after its last range. */
  stop(node: number): number {
    return node + 1 + 2 * ((this.#words[node] as number) >>> 8)
  }

  /** Last number of the range at a place. */
  last(place: number): number {
    return (this.#words[place] as number) >>> 0
  }

  child(place: number): number {
    return this.#words[place + 1] as number
  }

  /** The child of the range that holds a number. */
  lookup(node: number, value: number): number {
    return this.child(this.#search(this.start(node), this.stop(node) - 2, value))
  }

  /** The place of the range that holds the number after `last`, at `from` or later; {@link stop}, if there is none. */
  after(node: number, from: number, last: number): number {
    const stop = this.stop(node)
    if (last >= this.last(stop - 2)) return stop
    // Mostly it is near.
    let step = 2
    let low = from
    while (low + step < stop && this.last(low + step) <= last) {
      low += step
      step *= 2
    }
    return this.#search(low, Math.min(low + step, stop - 2), last + 1)
  }

  /** @param first place of a range @param final of that or a later one of the node */
  #search(first: number, final: number, value: number): number {
    let low = 0
    let high = (final - first) >> 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.last(first + 2 * middle) < value) low = middle + 1
      else high = middle
    }
    return first + 2 * low
  }

  /** Begins a node; the result is for {@link end}. */
  begin(): number {
    return this.#top
  }

  /** Adds the range that ends with `last`. */
  push(last: number, child: number): void {
    const at = this.#top
    if (at === this.#made.length) this.#made = longer(this.#made, at + 2)
    this.#made[at] = last
    this.#made[at + 1] = child
    this.#top = at + 2
  }

  /** The node with the ranges pushed since `base`, or their child if there is only one; of neighbours with the same child one is made. */
  end(level: number, base: number): number {
    const made = this.#made
    let end = base
    for (let i = base; i < this.#top; i += 2) {
      const child = made[i + 1] as number
      if (end > base && made[end - 1] === child) end -= 2
      made[end] = made[i] as number
      made[end + 1] = child
      end += 2
    }
    this.#top = base
    return end === base + 2 ? (made[base + 1] as number) : this.#find(level, base, end)
  }

  #find(level: number, base: number, end: number): number {
    const table = this.#table
    const mask = table.length - 1
    const head = level | (((end - base) >> 1) << 8)
    const hash = this.#hash(head, base, end)
    let at = (2 * hash) & mask
    for (;;) {
      const found = table[at + 1] as number
      if (found === 0) break
      if (table[at] === hash && this.#is(found, head, base, end)) return found
      at = (at + 2) & mask
    }
    const node = this.#add(head, base, end)
    table[at] = hash
    table[at + 1] = node
    if (this.size * 4 > table.length) this.#grow()
    return node
  }

  #hash(head: number, base: number, end: number): number {
    const made = this.#made
    let hash = head + 1
    for (let i = base; i < end; i += 2) {
      hash = Math.imul(hash ^ (made[i] as number), 0x9e3779b1)
      hash = Math.imul(hash ^ (hash >>> 15) ^ (made[i + 1] as number), 0x85ebca6b)
    }
    return hash ^ (hash >>> 13)
  }

  #is(node: number, head: number, base: number, end: number): boolean {
    const words = this.#words
    if (words[node] !== head) return false
    const made = this.#made
    for (let i = base, at = node + 1; i < end; i++, at++) if (words[at] !== made[i]) return false
    return true
  }

  /** Makes room for as many nodes more, of the length that nodes have so far, if there is none. */
  reserve(more: number): void {
    this.#makeRoom(this.#taken + Math.ceil((this.#taken / Math.max(1, this.size)) * more))
    while ((this.size + more) * 4 > this.#table.length) this.#grow()
  }

  #makeRoom(words: number): void {
    if (words > this.#words.length) this.#words = longer(this.#words, words)
  }

  #add(head: number, base: number, end: number): number {
    const node = this.#taken
    const taken = node + 1 + end - base
    this.#makeRoom(taken)
    const words = this.#words
    const made = this.#made
    words[node] = head
    // Most nodes have few ranges: copying them one by one costs less than asking for it.
    for (let i = base, at = node + 1; i < end; i++, at++) words[at] = made[i] as number
    this.#taken = taken
    this.size++
    return node
  }

  /** A table of twice the length. */
  #grow(): void {
    const old = this.#table
    const table = new Int32Array(old.length * 2)
    const mask = table.length - 1
    for (let i = 0; i < old.length; i += 2) {
      const [hash, node] = [old[i] as number, old[i + 1] as number]
      if (node === 0) continue
      let at = (2 * hash) & mask
      while (table[at + 1] !== 0) at = (at + 2) & mask
      table[at] = hash
      table[at + 1] = node
    }
    this.#table = table
  }
}

/** Nodes for which there is room at first: a small network has more, and to make room later costs more than the memory. */
const first = 131_072

/** A copy with room for so many numbers, and as often doubled as that takes. */
function longer(array: Int32Array, least: number): Int32Array<ArrayBuffer> {
  let length = array.length
  while (length < least) length *= 2
  const copy = new Int32Array(length)
  copy.set(array)
  return copy
}
