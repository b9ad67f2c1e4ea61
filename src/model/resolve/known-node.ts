/** Nodes that an earlier network has too. */
import { isSameSource } from '../../file/index.ts'
import { isSameNode } from '../changes/same-parts.ts'
import type { Network, Node } from '../network.ts'
import { nodeById } from '../select.ts'

/** The node of the earlier network, if it says the same and stands on the same lines: what is the same object is soon compared. */
export function knownNode(made: Node, known: Network | undefined): Node {
  const before = known && nodeById(known, made.id)
  return before && isSameSource(before.at, made.at) && isSameNode(made, before) ? before : made
}
