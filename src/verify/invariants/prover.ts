/** Judges the invariants of one network: by a few of machines that are alike where that is enough, and else by all of them. */
import type { World } from '../../trace/index.ts'
import { Alike } from '../alike/index.ts'
import { Exemptions } from './exemptions.ts'
import type { Invariant } from './invariant.ts'
import { judgeInvariant } from './judge.ts'
import { Proof } from './proof.ts'
import { ProofMemory } from './proof-memory.ts'
import type { Verdict } from './verdict.ts'

/** A proof, and what of it is borne. */
interface Court {
  readonly proof: Proof
  readonly exemptions: Exemptions
}

export class Prover {
  readonly #world: World
  readonly #now: number
  readonly #memory: ProofMemory
  readonly #alike: Alike | undefined
  readonly #few: Court | undefined
  #all: Court | undefined
  #areVouchedFor: boolean | undefined

  /**
   * @param now milliseconds since 1970
   * @param alikeFrom hosts and VMs that there must be before a few stand for others
   */
  constructor(world: World, now: number, alikeFrom: number, memory = new ProofMemory()) {
    this.#world = world
    this.#now = now
    this.#memory = memory
    this.#alike = Alike.of(world, alikeFrom)
    this.#few = this.#alike && this.#court(this.#alike.unwatched)
  }

  judge(invariant: Invariant, most: number): Verdict {
    const few = this.#few
    if (!few || !this.#isOfAlike(invariant)) return judgeBy(this.#ofAll, invariant, most)
    const verdict = judgeBy(few, invariant, most)
    // What is found among a few is there. What is not may be, if machines can bear the addresses of others.
    const isOfOnePlace = ['point', 'passage', 'plan'].includes(invariant.kind)
    if (!verdict.holds || isOfOnePlace || this.#isVouchedFor(few.proof)) return verdict
    return judgeBy(this.#ofAll, invariant, most)
  }

  /** By what most is judged. */
  get usual(): { readonly proof: Proof; readonly alike: Alike | undefined } {
    return { proof: (this.#few ?? this.#ofAll).proof, alike: this.#alike }
  }

  /** Exceptions tell apart what is alike. */
  #isOfAlike(invariant: Invariant): boolean {
    if (invariant.kind === 'expectation' || !invariant.ofAlike) return false
    return !this.#world.network.exceptions.some(({ of }) => of === invariant.id)
  }

  get #ofAll(): Court {
    this.#all ??= this.#court()
    return this.#all
  }

  #court(unwatched?: ReadonlySet<string>): Court {
    const proof = new Proof(this.#world.network, this.#world.policy, {
      world: this.#world,
      memory: this.#memory,
      ...(unwatched && { unwatched }),
    })
    return { proof, exemptions: new Exemptions(proof, this.#now) }
  }

  #isVouchedFor({ sets, decisions }: Proof): boolean {
    this.#areVouchedFor ??= this.#alike?.areVouchedFor(sets, decisions) ?? false
    return this.#areVouchedFor
  }
}

const judgeBy = ({ proof, exemptions }: Court, invariant: Invariant, most: number): Verdict =>
  judgeInvariant(proof, exemptions, invariant, most)
