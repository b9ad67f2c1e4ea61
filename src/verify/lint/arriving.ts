/** What comes to points in a network: whoever sends it, and what answers it. */

import { Protocol } from '../../net/index.ts'
import type { Point } from '../../policy/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { honestOf, openers, type Proof } from '../invariants/index.ts'
import type { Reach } from '../network/index.ts'
import { kindLevels } from '../packets/index.ts'

export class Arriving {
  readonly #proof: Proof
  readonly #forth: readonly Reach[]
  #back: readonly Reach[] | undefined

  constructor(proof: Proof) {
    this.#proof = proof
    this.#forth = proof.allOrigins().map((origin) => proof.reachOf(origin))
  }

  /**
   * No less than what can come to a point and reach its rules. Behind a flow tier these are first packets; elsewhere packets of known flows too, whose
   * flags and types are not looked at, and ICMP, which may be an error about any of them.
   */
  at(point: Point): DiagramSet {
    const { sets } = this.#proof
    const first = this.#found(this.#forth, point)
    if (point.tiers.some(({ kind }) => kind === 'flow')) return first
    this.#back ??= openers(this.#proof).map((origin) => this.#proof.answersTo(honestOf(this.#proof, origin)))
    const any = sets.forget(sets.union([first, this.#found(this.#back, point)]), kindLevels)
    return sets.union([
      sets.mask(sets.all, any),
      ...[Protocol.icmp, Protocol.icmp6].map((protocol) => sets.match({ protocol })),
    ])
  }

  #found(reaches: readonly Reach[], { node, interfaces, direction }: Point): DiagramSet {
    const { sets } = this.#proof
    return sets.union(
      reaches.flatMap(({ arrived, forwarded }) =>
        direction === 'out'
          ? [forwarded.get(node) ?? sets.none]
          : interfaces.map((name) => arrived.get(`${node} ${name}`) ?? sets.none),
      ),
    )
  }
}
