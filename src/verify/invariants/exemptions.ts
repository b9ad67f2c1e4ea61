/** Exceptions of the network file, while something is proven: what they cover, and which of them covered anything. */
import { globSource } from '../../file/index.ts'
import type { Exception } from '../../model/index.ts'
import type { Match } from '../../policy/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { Proof } from './proof.ts'

export class Exemptions {
  readonly #proof: Proof
  readonly #all: readonly Exception[]
  readonly #now: number
  readonly #covering = new Set<Exception>()

  /** @param now milliseconds since 1970 */
  constructor(proof: Proof, now: number) {
    this.#proof = proof
    this.#all = proof.network.exceptions
    this.#now = now
  }

  /** What of a breach counts. @param at node, node and interface, or point */
  counting(id: string, at: string, packets: DiagramSet): DiagramSet {
    const { sets } = this.#proof
    let left = packets
    for (const exception of this.#inForce(id)) {
      if (left === sets.none || !isAt(exception, at)) continue
      const rest = sets.without(left, sets.match(matchOf(exception)))
      if (rest !== left) this.#covering.add(exception)
      left = rest
    }
    return left
  }

  /** Whether what is said of a site or point counts; exceptions of some packets say nothing of it. */
  counts(id: string, at: string): boolean {
    const covers = this.#inForce(id).filter((each) => !each.from && !each.to && isAt(each, at))
    for (const each of covers) this.#covering.add(each)
    return covers.length === 0
  }

  /** Exceptions of an invariant by what they do. */
  of(id: string): ExceptionsOf {
    const inForce = this.#inForce(id)
    return {
      covering: inForce.filter((each) => this.#covering.has(each)),
      stale: inForce.filter((each) => !this.#covering.has(each)),
      lapsed: this.#all.filter(({ of, until }) => of === id && until <= this.#now),
    }
  }

  readonly #inForce = (id: string): readonly Exception[] =>
    this.#all.filter(({ of, until }) => of === id && until > this.#now)
}

export interface ExceptionsOf {
  /** A failure is borne for their sake. */
  readonly covering: readonly Exception[]
  /** In force, and nothing fails that they cover. */
  readonly stale: readonly Exception[]
  /** Their day has come. */
  readonly lapsed: readonly Exception[]
}

const matches = new WeakMap<Exception, Match>()

/** One object for each exception, since sets remember what matches hold. */
function matchOf(exception: Exception): Match {
  const known = matches.get(exception)
  if (known) return known
  const { from, to } = exception
  const made = { ...(from && { source: from }), ...(to && { destination: to }) }
  matches.set(exception, made)
  return made
}

/** The place, what lies below it, or an interface of it. */
export const isAt = ({ place }: Exception, at: string): boolean =>
  place === undefined || new RegExp(`^${globSource(place)}([/ ].*)?$`).test(at)
