/** What can go wrong, one class per party that refuses: the assembler, the builder, a map, the verifier, the interpreter. */
import type { InstructionNote } from './spec.ts'

/** Base of all errors of the toolkit. `errno` is the kernel's name of the cause (`E2BIG`), where there is one. */
export class BpfError extends Error {
  override readonly name: string = 'BpfError'
  readonly errno?: string

  constructor(message: string, options: { errno?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    if (options.errno !== undefined) this.errno = options.errno
  }
}

/** A list of instructions that has no encoding, or that every kernel refuses. */
export class AssembleError extends BpfError {
  override readonly name = 'AssembleError'
  /** Index in `ProgramSpec.instructions`; absent when the fault is not at one instruction. */
  readonly instruction?: number

  constructor(message: string, instruction?: number) {
    super(message)
    if (instruction !== undefined) this.instruction = instruction
  }
}

/** A wrong use of the builder: foreign value, label never placed, stack overflow. */
export class BuildError extends BpfError {
  override readonly name = 'BuildError'
}

/** A program that the kernel's verifier refused. */
export class VerifierError extends BpfError {
  override readonly name = 'VerifierError'
  /** The whole log. */
  readonly log: string
  /** Slot (8 bytes) at which the verifier gave up, and what the builder knows of it. */
  readonly slot?: number
  readonly note?: InstructionNote

  constructor(
    message: string,
    detail: { log: string; errno?: string; slot?: number | undefined; note?: InstructionNote | undefined },
  ) {
    super(message, detail.errno === undefined ? {} : { errno: detail.errno })
    this.log = detail.log
    if (detail.slot !== undefined) this.slot = detail.slot
    if (detail.note !== undefined) this.note = detail.note
  }
}

/** Something that the kernel's verifier would have refused, met while a program ran in the interpreter. */
export class InterpreterFault extends BpfError {
  override readonly name = 'InterpreterFault'
  readonly kind: FaultKind
  readonly program: string
  /** Slot (8 bytes) of the instruction. */
  readonly slot: number
  readonly note?: InstructionNote

  constructor(
    message: string,
    detail: { kind: FaultKind; program: string; slot: number; note?: InstructionNote | undefined },
  ) {
    super(message)
    this.kind = detail.kind
    this.program = detail.program
    this.slot = detail.slot
    if (detail.note !== undefined) this.note = detail.note
  }
}

export type FaultKind =
  | 'out-of-bounds'
  | 'uninitialised'
  | 'not-a-pointer'
  | 'pointer-arithmetic'
  | 'read-only'
  | 'context-access'
  | 'unknown-helper'
  | 'bad-argument'
  | 'unknown-instruction'
  | 'instruction-limit'
