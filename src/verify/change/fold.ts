/**
 * Leaves out what is said by the machines that are new or gone: one more machine of a role may send and get what the others do, and a machine of a
 * new role may send what all machines may.
 */
import type { Cells, Sides } from './cells.ts'
import { allNodes, type Delta, sidesOf, targetKey } from './delta.ts'
import { partyKey, partyOf } from './party.ts'
import type { Side } from './side.ts'
import type { Target } from './target.ts'

export function withoutExpected(deltas: readonly Delta[], sides: Sides, cells: Cells): readonly Delta[] {
  const peers = new Peers(sides)
  return deltas.filter((delta) => !isExpected(delta, sides, cells, peers))
}

function isExpected(delta: Delta, sides: Sides, cells: Cells, peers: Peers): boolean {
  const { senders, source, target, kind } = delta
  const [open, shut] = sidesOf(sides, kind)
  const sender = senders[0] as string
  const newSender = !shut.node(sender)
  const reached = 'node' in target ? target.node : undefined
  const newTarget = reached !== undefined && !shut.node(reached)
  if (!newSender && !newTarget) return false
  const here = cells.cell(open, sender, source, targetKey(target))
  const as = (other: string, to: Target) => cells.cell(open, other, source, targetKey(to)) === here
  const otherTarget = newTarget ? peers.of(open, reached) : reached
  if (newTarget && otherTarget === undefined) return false
  const to = otherTarget === undefined ? target : ({ ...target, node: otherTarget } as Target)
  if (!newSender) return as(sender, to)
  const otherSender = peers.of(open, sender)
  if (otherSender !== undefined) return as(otherSender, to)
  const others = peers.strangersTo(open, sender, (id) => cells.rowKey(open, id, source))
  return others.length > 0 && others.every((other) => as(other, to))
}

/** Machines that both networks have, to compare others with. */
class Peers {
  readonly #byParty = new Map<string, string>()
  readonly #shared: readonly string[]

  constructor(sides: Sides) {
    const both = allNodes(sides).filter(({ id }) => sides.old.node(id) && sides.next.node(id))
    this.#shared = both.map(({ id }) => id)
    for (const node of both) {
      const key = partyKey(partyOf(node))
      if (!this.#byParty.has(key)) this.#byParty.set(key, node.id)
    }
  }

  /** One of the same party. */
  of(side: Side, id: string): string | undefined {
    return this.#byParty.get(partyKey(partyOf(side.world.node(id))))
  }

  /** VMs of other services in the site of a VM, one for each row. */
  strangersTo(side: Side, id: string, rowKey: (id: string) => string): readonly string[] {
    const { site, vm } = side.world.node(id)
    if (!vm) return []
    const rows = new Map<string, string>()
    for (const other of this.#shared) {
      const node = side.world.node(other)
      if (node.site === site && node.vm && node.vm.service !== vm.service) rows.set(rowKey(other), other)
    }
    return [...rows.values()]
  }
}
