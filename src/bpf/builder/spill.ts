/**
 * Moves virtual registers to the stack: each read loads into a fresh short-lived register, each write stores from one.
 * Constants and addresses are made anew instead.
 */
import type { Block } from './flow.ts'
import { forEachUse, mapUses, NONE, type Operation, operation } from './operation.ts'
import type { StackSlot } from './value.ts'

export interface SpillPlan {
  /** Place on the stack of a spilled register. */
  readonly slotOf: ReadonlyMap<number, StackSlot>
  /** Operation that makes a register's value anew. */
  readonly remake: ReadonlyMap<number, Operation>
}

/** The only definition of a register, if it is cheap to repeat anywhere. */
export function remakeable(blocks: readonly Block[], wanted: ReadonlySet<number>): Map<number, Operation> {
  const found = new Map<number, Operation>()
  const several = new Set<number>()
  for (const block of blocks) {
    for (const op of block.operations) {
      if (op.def === NONE || !wanted.has(op.def)) continue
      const cheap =
        op.kind === 'const' || op.kind === 'address' || op.kind === 'map' || op.kind === 'parameter'
      if (!cheap || found.has(op.def)) several.add(op.def)
      else found.set(op.def, op)
    }
  }
  for (const register of several) found.delete(register)
  return found
}

/** Changes the blocks. */
export function spill(blocks: readonly Block[], plan: SpillPlan, newRegister: () => number): void {
  for (const block of blocks) {
    const out: Operation[] = []
    for (const op of block.operations) rewrite(op, out)
    block.operations = out
  }

  function rewrite(op: Operation, out: Operation[]): void {
    if (op.def !== NONE && plan.remake.has(op.def)) return
    if (op.kind === 'move') {
      const from = plan.slotOf.get(op.a)
      const to = plan.slotOf.get(op.def)
      if (from !== undefined && from === to) return
      const again = plan.remake.get(op.a)
      if (again !== undefined && to === undefined) {
        out.push({ ...again, def: op.def, note: op.note })
        return
      }
      if (from === undefined && to !== undefined && again === undefined) {
        out.push(access('store', op, to, op.a))
        return
      }
      if (from !== undefined && to === undefined) {
        out.push(access('load', op, from, op.def))
        return
      }
    }
    const fresh = new Map<number, number>()
    forEachUse(op, (register) => {
      if (fresh.has(register)) return
      const slot = plan.slotOf.get(register)
      const again = plan.remake.get(register)
      if (slot === undefined && again === undefined) return
      const copy = newRegister()
      fresh.set(register, copy)
      out.push(again === undefined ? access('load', op, slot!, copy) : { ...again, def: copy, note: op.note })
    })
    const changed = fresh.size === 0 ? op : mapUses(op, (register) => fresh.get(register) ?? register)
    out.push(changed)
    if (op.def === NONE) return
    const slot = plan.slotOf.get(op.def)
    if (slot === undefined) return
    const result = fresh.get(op.def) ?? newRegister()
    changed.def = result
    out.push(access('store', op, slot, result))
  }
}

function access(kind: 'load' | 'store', like: Operation, slot: StackSlot, register: number): Operation {
  const op = operation(kind, like.note)
  op.slot = slot
  op.size = 8
  if (kind === 'load') op.def = register
  else op.b = register
  return op
}
