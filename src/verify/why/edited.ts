/** A network with changes made: its model, the rules that follow from it, and its lists of rules. */
import { type Network, Sameness } from '../../model/index.ts'
import { derivePolicy, type Point, type Policy, withKnownPoints } from '../../policy/index.ts'
import type { Proof } from '../invariants/index.ts'
import type { Edit } from './edit.ts'

export interface Edited {
  readonly network: Network
  readonly policy: Policy
}

/** Makes changes in a network. What several sets of changes have in common is made once. */
export class Editor {
  readonly #proof: Proof
  readonly #models = new Map<string, Edited>()

  constructor(proof: Proof) {
    this.#proof = proof
  }

  /** The order of the changes does not matter. */
  with(edits: readonly Edit[]): Edited {
    const { network, policy } = this.#modelled(edits.filter((edit) => edit.network))
    const rules = edits.filter((edit) => edit.point)
    if (rules.length === 0) return { network, policy }
    const changed = (point: Point): Point => rules.reduce((now, edit) => edit.point?.(now) ?? now, point)
    return { network, policy: { points: policy.points.map(changed) } }
  }

  /** As a proof, which shares with that of the network whatever did not change. */
  proof(edits: readonly Edit[]): Proof {
    if (edits.length === 0) return this.#proof
    const { network, policy } = this.with(edits)
    return this.#proof.with(network, policy)
  }

  #modelled(edits: readonly Edit[]): Edited {
    const { network, policy } = this.#proof
    if (edits.length === 0) return { network, policy }
    const key = edits
      .map((edit) => edit.key)
      .sort()
      .join('\n')
    const known = this.#models.get(key)
    if (known) return known
    const changed = edits.reduce((now, edit) => edit.network?.(now) ?? now, network)
    const made = { network: changed, policy: withKnownPoints(derivePolicy(changed), policy, new Sameness()) }
    this.#models.set(key, made)
    return made
  }
}
