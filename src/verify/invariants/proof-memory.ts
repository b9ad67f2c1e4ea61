/** What is kept from proof to proof. */
import type { Network } from '../../model/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { Passages } from '../network/index.ts'
import { PacketSets } from '../packets/index.ts'

/** Sets, and what points do with them: kept from proof to proof, what did not change in between is not worked out again. */
export class ProofMemory {
  readonly sets = new PacketSets()
  readonly passages = new Passages(this.sets)
  readonly #once = new WeakMap<Network, Map<string, DiagramSet>>()
  readonly #found = new Map<string, { readonly parts: readonly unknown[]; readonly value: boolean }>()

  /**
   * What follows from some points and sets alone: found again only if these are not the same.
   * @param isKept it is of a whole network, with which later ones are compared
   */
  ofParts(key: string, parts: readonly unknown[], isKept: boolean, find: () => boolean): boolean {
    const known = this.#found.get(key)
    if (known?.parts.length === parts.length && known.parts.every((part, at) => part === parts[at]))
      return known.value
    const value = find()
    if (isKept) this.#found.set(key, { parts, value })
    return value
  }

  /** What was found of a whole network. */
  foundOf(key: string): boolean | undefined {
    return this.#found.get(key)?.value
  }

  /** Sets that are made once for a network. */
  ofNetwork(network: Network): Map<string, DiagramSet> {
    const known = this.#once.get(network) ?? new Map<string, DiagramSet>()
    this.#once.set(network, known)
    return known
  }
}
