/** What is opened by name at machines: an endpoint of a role, a service of the infrastructure. */
import type { Node } from '../../../model/index.ts'
import { type Flow, honest } from '../../arrival/index.ts'
import type { DiagramSet } from '../../diagram/index.ts'
import type { Proof } from '../proof.ts'
import { writtenOut } from './written.ts'

export interface Opening {
  /** `shop/worker/orders`, `storage`. */
  readonly name: string
  /** Of the machines. */
  readonly site?: string
  readonly senders: readonly Node[]
  readonly machines: readonly Node[]
  /** Whoever sends them. */
  readonly packets: DiagramSet
}

/** Of some packets, what a machine sends honestly, and its own rules let it. */
export const sentBy = (proof: Proof, sender: Node, packets: DiagramSet): DiagramSet =>
  proof.sets.allOf([honest(proof.sets, sender), writtenOut(proof, sender), packets])

/** Everything that is opened, sender by sender. */
export function flowOf(proof: Proof, openings: Iterable<Opening>): Flow {
  const open = new Map<Node, DiagramSet[]>()
  for (const { senders, packets } of openings)
    for (const sender of senders) {
      const known = open.get(sender)
      if (known) known.push(packets)
      else open.set(sender, [packets])
    }
  return {
    emissions: Array.from(open, ([sender, packets]) => ({
      node: sender.id,
      packets: sentBy(proof, sender, proof.sets.union(packets)),
    })),
  }
}
