/**
 * The nodes of decision diagrams in flat arrays, each once. A node is made in two steps, since its children are made in between:
 * {@link begin}, a {@link push} for each range, {@link end}. Nodes are never given back: a store lives as long as one proof.
 */
export class NodeStore {
  /** Nodes. */
  size = 0
  #levels = new Uint8Array(first)
  /** Where a node's ranges begin; they end where the next node's begin. */
  #starts = new Uint32Array(first + 1)
  /** Of each range: its last number, and its child. */
  #lasts = new Uint32Array(4 * first)
  #children = new Int32Array(4 * first)
  #hashes = new Int32Array(first)
  /** Open addressing; 0 is free, else a node + 1. */
  #table = new Int32Array(4 * first)
  /** Ranges of nodes that are being made. */
  #madeLasts = new Uint32Array(8192)
  #madeChildren = new Int32Array(8192)
  #made = 0

  level(node: number): number {
    return this.#levels[node] as number
  }

  /** Place of a node's first range. */
  start(node: number): number {
    return this.#starts[node] as number
  }

  /** The place after its last range. */
  stop(node: number): number {
    return this.#starts[node + 1] as number
  }

  /** Last number of the range at a place. */
  last(place: number): number {
    return this.#lasts[place] as number
  }

  child(place: number): number {
    return this.#children[place] as number
  }

  /** The child of the range that holds a number. */
  lookup(node: number, value: number): number {
    return this.#children[this.#search(this.start(node), this.stop(node) - 1, value)] as number
  }

  /** The place of the range that holds the number after `last`, at `from` or later; {@link stop}, if there is none. */
  after(node: number, from: number, last: number): number {
    const stop = this.stop(node)
    if (last >= (this.#lasts[stop - 1] as number)) return stop
    // Mostly it is near.
    let step = 1
    let low = from
    while (low + step < stop && (this.#lasts[low + step] as number) <= last) {
      low += step
      step *= 2
    }
    return this.#search(low, Math.min(low + step, stop - 1), last + 1)
  }

  #search(first: number, final: number, value: number): number {
    let low = first
    let high = final
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#lasts[middle] as number) < value) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Begins a node; the result is for {@link end}. */
  begin(): number {
    return this.#made
  }

  /** Adds the range that ends with `last`. Makes no range of its own where the child is that of the one before. */
  push(last: number, child: number): void {
    const at = this.#made
    if (at === this.#madeLasts.length) {
      this.#madeLasts = doubled(this.#madeLasts)
      this.#madeChildren = doubled(this.#madeChildren)
    }
    this.#madeLasts[at] = last
    this.#madeChildren[at] = child
    this.#made = at + 1
  }

  /** The node with the ranges pushed since `base`, or their child if there is only one. */
  end(level: number, base: number): number {
    const lasts = this.#madeLasts
    const children = this.#madeChildren
    let length = 0
    for (let i = base; i < this.#made; i++) {
      const child = children[i] as number
      if (length > 0 && children[base + length - 1] === child) length--
      lasts[base + length] = lasts[i] as number
      children[base + length] = child
      length++
    }
    this.#made = base
    return length === 1 ? (children[base] as number) : this.#find(level, base, length)
  }

  #find(level: number, base: number, length: number): number {
    const mask = this.#table.length - 1
    const hash = this.#hash(level, base, length)
    let at = hash & mask
    for (;;) {
      const found = this.#table[at] as number
      if (found === 0) break
      if (this.#hashes[found - 1] === hash && this.#is(found - 1, level, base, length)) return found - 1
      at = (at + 1) & mask
    }
    const node = this.#add(level, base, length)
    this.#hashes[node] = hash
    this.#table[at] = node + 1
    if (this.size * 2 > this.#table.length) this.#grow()
    return node
  }

  #hash(level: number, base: number, length: number): number {
    let hash = level + 1
    for (let i = base; i < base + length; i++) {
      hash = Math.imul(hash ^ (this.#madeLasts[i] as number), 0x9e3779b1)
      hash = Math.imul(hash ^ (hash >>> 15) ^ (this.#madeChildren[i] as number), 0x85ebca6b)
    }
    return hash ^ (hash >>> 13)
  }

  #is(node: number, level: number, base: number, length: number): boolean {
    const start = this.start(node)
    if (this.#levels[node] !== level || this.stop(node) - start !== length) return false
    for (let i = 0; i < length; i++)
      if (
        this.#lasts[start + i] !== this.#madeLasts[base + i] ||
        this.#children[start + i] !== this.#madeChildren[base + i]
      )
        return false
    return true
  }

  /** Makes room for as many nodes more, of the length that nodes have so far, if there is none. */
  reserve(more: number): void {
    const ranges = this.#starts[this.size] as number
    this.#makeRoom(this.size + more, ranges + Math.ceil((ranges / Math.max(1, this.size)) * more))
    while ((this.size + more) * 2 > this.#table.length) this.#grow()
  }

  #makeRoom(nodes: number, ranges: number): void {
    while (nodes > this.#levels.length) {
      this.#levels = doubled(this.#levels)
      this.#starts = doubled(this.#starts)
      this.#hashes = doubled(this.#hashes)
    }
    while (ranges > this.#lasts.length) {
      this.#lasts = doubled(this.#lasts)
      this.#children = doubled(this.#children)
    }
  }

  #add(level: number, base: number, length: number): number {
    const node = this.size++
    const start = this.#starts[node] as number
    this.#makeRoom(node + 1, start + length)
    this.#levels[node] = level
    this.#starts[node + 1] = start + length
    // Most nodes have few ranges: copying them one by one costs less than asking for it.
    for (let i = 0; i < length; i++) {
      this.#lasts[start + i] = this.#madeLasts[base + i] as number
      this.#children[start + i] = this.#madeChildren[base + i] as number
    }
    return node
  }

  /** A table of twice the length. */
  #grow(): void {
    const table = new Int32Array(this.#table.length * 2)
    const mask = table.length - 1
    for (let node = 0; node < this.size; node++) {
      let at = (this.#hashes[node] as number) & mask
      while (table[at] !== 0) at = (at + 1) & mask
      table[at] = node + 1
    }
    this.#table = table
  }
}

/** Nodes for which there is room at first: a small network has more, and to make room later costs more than the memory. */
const first = 131_072

function doubled<T extends Uint8Array | Uint32Array | Int32Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(array.length * 2)
  larger.set(array)
  return larger
}
