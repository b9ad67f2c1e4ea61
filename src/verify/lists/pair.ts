/** What the first of two lists does and what the second, as one small number. */

import type { ListRule } from './rule-list.ts'
import { actions } from './rule-table.ts'

export type Pair = number

/** So many there are. */
export const pairs = actions.length ** 2

/** @param a what {@link actionNumber} says of an action, as `b` */
export const pairOf = (a: number, b: number): Pair => actions.length * a + b

/** The actions of a pair. */
export const actionsOf = (
  pair: Pair,
): { readonly a: ListRule['action']; readonly b: ListRule['action'] } => ({
  a: actions[Math.floor(pair / actions.length)] as ListRule['action'],
  b: actions[pair % actions.length] as ListRule['action'],
})
