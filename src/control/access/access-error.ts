/** Why access was not granted, listed or revoked; the user is told the message. */
import type { DiagnosticCode } from '../../file/index.ts'

export class AccessError extends Error {
  readonly code: DiagnosticCode

  /** @param message one sentence that starts with the verb that failed and ends with the remedy */
  constructor(code: DiagnosticCode, message: string) {
    super(message)
    this.name = 'AccessError'
    this.code = code
  }
}
