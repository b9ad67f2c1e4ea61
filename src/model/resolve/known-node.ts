/** Nodes that an earlier network has too. */
import { isSameSource } from '../../file/index.ts'
import { isSameNode } from '../changes/same-parts.ts'
import type { Network, Node } from '../network.ts'
import { nodeById } from '../select.ts'

/** The node of the earlier network, if it says the same; on other lines, one of the same parts. What is the same object is soon compared. */
export function knownNode(made: Node, known: Network | undefined): Node {
  const before = known && nodeById(known, made.id)
  if (!before || !isSameNode(made, before)) return made
  return isSameSource(before.at, made.at) ? before : Object.freeze({ ...before, at: made.at })
}
