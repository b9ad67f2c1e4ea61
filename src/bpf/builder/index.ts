/** The builder's public face. */
export type { ArithmeticName } from './arithmetic-calls.ts'
export type { Condition, ConditionLike } from './condition.ts'
export type { Bytes } from './memory-calls.ts'
export { type CallArgument, ProgramBuilder, type ProgramOptions } from './program-builder.ts'
export { Label, type Operand, type Packet, StackSlot, Value } from './value.ts'
