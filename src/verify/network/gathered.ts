/** Sets by key, to which packets are added. */
import type { DiagramSet } from '../diagram/index.ts'
import type { PacketSets } from '../packets/index.ts'

export class Gathered {
  readonly sets = new Map<string, DiagramSet>()
  readonly #all: PacketSets

  constructor(all: PacketSets) {
    this.#all = all
  }

  /** Adds packets; those that are new. */
  add(key: string, packets: DiagramSet): DiagramSet {
    const had = this.sets.get(key) ?? this.#all.none
    const fresh = this.#all.without(packets, had)
    if (fresh !== this.#all.none) this.sets.set(key, this.#all.union([had, fresh]))
    return fresh
  }
}
