/** Conditions as values: comparisons, and their combinations, which are evaluated only as far as needed. */
import type { JumpName } from '../opcodes.ts'
import type { InstructionNote } from '../spec.ts'
import type { Operand } from './value.ts'

export interface Comparison {
  readonly kind: 'comparison'
  readonly jump: JumpName
  readonly bits: 32 | 64
  readonly left: Operand
  readonly right: Operand
  /** Where it was written. */
  readonly note: InstructionNote | undefined
}

export type Condition =
  | Comparison
  | { readonly kind: 'all'; readonly parts: readonly ConditionLike[] }
  | { readonly kind: 'any'; readonly parts: readonly ConditionLike[] }
  | { readonly kind: 'not'; readonly part: ConditionLike }

/** A function is called where its part is reached: what it emits runs only if the parts before did not decide. */
export type ConditionLike = Condition | (() => Condition)
