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
  [exitCodes.no, 'the answer is no: something does not hold, or is not what was predicted or expected'],
  [exitCodes.usage, 'a mistake in the arguments or in a file'],
  [exitCodes.unavailable, 'something is missing on this machine; the message says what mends it'],
  [exitCodes.bug, 'a bug in Glacis; please report it'],
  [exitCodes.interrupted, 'interrupted before it was done'],
  [exitCodes.brokenPipe, 'the reader of the output went away'],
]

/** What a verb means by codes of which it means something by itself; null: it never ends with it. */
const own: Readonly<Record<string, Readonly<Partial<Record<number, string | null>>>>> = {
  up: { 0: 'everything was as predicted, and it is down again', 1: 'something is not as predicted' },
  down: { 0: 'none is up any more', 1: null },
  apply: {
    0: 'the rules are in force',
    1: null,
    2: 'a mistake in the arguments or in a file, or the plan does not fit',
  },
  check: {
    0: 'the file describes a network, and all that was asked holds',
    1: 'something does not hold, a promise breaks or an element is overloaded; with --live, what runs is otherwise',
  },
  availability: {
    0: 'promises are kept, or there are none',
    1: 'a service is not as available as the file promises',
  },
  lint: { 0: 'done, whatever was found', 1: 'with --strict: something was found' },
  why: { 0: 'done, whatever the answer is', 1: null },
  plan: {
    0: 'nothing changes',
    1: 'it could not be told: a mistake, or nothing is up to compare with',
    2: 'something changes',
    69: null,
    70: null,
  },
  trace: {
    0: 'done; with --expect, it comes out so',
    1: 'not what --expect says; with --live, not what was predicted, or the file is not what runs',
  },
  audit: { 0: 'the log is as it was written', 1: 'it is not' },
  shell: { 0: 'that of the command; 127 if there is no such command', 1: null },
}

/** Verbs whose answer is what they show, or that give none. */
const done = { 0: 'done', 1: null } as const

const helpOf = (of: Readonly<Partial<Record<number, string | null>>>): string =>
  [
    'Exit codes:',
    ...meanings.flatMap(([code, meaning]) => {
      const words = of[code]
      return words === null ? [] : [`  ${String(code).padEnd(4)} ${words ?? meaning}`]
    }),
  ].join('\n')

/** Of all verbs. */
export const exitCodeHelp: string = [
  helpOf({}),
  '  glacis plan ends with 0 if nothing changes, 2 if something does, and 1 if it could not tell.',
  '  With a command, glacis shell passes on the exit code of that command.',
].join('\n')

export const exitCodeHelpOf = (verb: string): string => helpOf(own[verb] ?? done)

/**
 * Ends a command with a message for the user and no stack. The message starts with the verb that failed and ends with the
 * remedy: `find node 'fc9': the network has no such node; did you mean 'west/fc1'?`
 */
export class CommandError extends Error {
  readonly exitCode: number
  /** What stands beside `error` in the JSON document. */
  readonly details: object

  constructor(message: string, exitCode: number = exitCodes.usage, details: object = {}) {
    super(message)
    this.name = 'CommandError'
    this.exitCode = exitCode
    this.details = details
  }
}
