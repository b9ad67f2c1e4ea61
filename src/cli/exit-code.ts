/** What the command's exit code says; one table for the help, the manual and the code. */
export const exitCodes = Object.freeze({
  ok: 0,
  /** The answer is no: prediction and observation disagree. */
  no: 1,
  /** A mistake in a file or in the arguments. */
  usage: 2,
  /** Something that is needed is missing on this machine. */
  unavailable: 69,
  /** A bug in Glacis. */
  bug: 70,
} as const)

export const exitCodeHelp = `Exit codes:
  0   done, or the answer is yes
  1   the answer is no: prediction and observation disagree
  2   a mistake in a file or in the arguments
  69  something that is needed is missing on this machine
  70  a bug in Glacis
  141 the reader of the output went away`

/** Ends a command with a message for the user. The message starts with the verb that failed and ends with the remedy. */
export class CommandError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number = exitCodes.usage) {
    super(message)
    this.name = 'CommandError'
    this.exitCode = exitCode
  }
}
