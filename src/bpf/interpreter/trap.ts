/** Thrown inside the interpreter where the place is not known; the machine turns it into an `InterpreterFault` with the place. */
import type { FaultKind } from '../errors.ts'

export class Trap extends Error {
  readonly kind: FaultKind

  constructor(kind: FaultKind, message: string) {
    super(message)
    this.kind = kind
  }
}
