/** What the command's exit code says; one table for the help, the manual and the code. */
export const exitCodes = Object.freeze({
  ok: 0,
  /** The answer is no: what is does not agree with what was to be. */
  no: 1,
  /** A mistake in the arguments or in a file. */
  usage: 2,
  /** Of `plan`, as of other planners: something changes. Its errors are {@link planError}. */
  changes: 2,
  planError: 1,
  /** Something that is needed is missing on this machine: EX_UNAVAILABLE of sysexits(3). */
  unavailable: 69,
  /** A bug in Glacis: EX_SOFTWARE of sysexits(3). */
  bug: 70,
  /** 128 + SIGINT. */
  interrupted: 130,
  /** 128 + SIGPIPE. */
  brokenPipe: 141,
} as const)

const meanings: ReadonlyArray<readonly [code: number, meaning: string]> = [
  [exitCodes.ok, 'done, and the answer is yes'],
  [exitCodes.no, 'the answer is no: what happens is not what was predicted, or not what --expect says'],
  [exitCodes.usage, 'a mistake in the arguments or in a file'],
  [exitCodes.unavailable, 'something is missing on this machine; the message says what mends it'],
  [exitCodes.bug, 'a bug in Glacis; please report it'],
  [exitCodes.interrupted, 'interrupted before it was done'],
  [exitCodes.brokenPipe, 'the reader of the output went away'],
]

export const exitCodeHelp: string = [
  'Exit codes:',
  ...meanings.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`),
  '  glacis plan ends with 0 if nothing changes, 2 if something does, and 1 if it could not tell.',
  '  With a command, glacis shell passes on the exit code of that command.',
].join('\n')

/**
 * Ends a command with a message for the user and no stack. The message starts with the verb that failed and ends with the
 * remedy: `find node 'fc9': the network has no such node; did you mean 'west/fc1'?`
 */
export class CommandError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number = exitCodes.usage) {
    super(message)
    this.name = 'CommandError'
    this.exitCode = exitCode
  }
}
