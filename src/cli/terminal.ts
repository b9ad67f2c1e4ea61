/** Where a command speaks: results to stdout, everything else to stderr; with `--json` stdout holds one JSON document. */
import picocolors from 'picocolors'

export interface Terminal {
  readonly json: boolean
  /** Colours for what goes to stdout and to stderr; they do nothing where there is no terminal or NO_COLOR is set. */
  readonly out: Colors
  readonly err: Colors
  /** A result for people; with `--json` it goes to stderr. */
  print(text: string): void
  /** Something said on the way. */
  say(text: string): void
  /** The result as JSON; nothing without `--json`. */
  result(document: unknown): void
}

export type Colors = ReturnType<typeof picocolors.createColors>

export function openTerminal(json: boolean): Terminal {
  const allowed = !process.env.NO_COLOR
  const err = picocolors.createColors(allowed && process.stderr.isTTY === true)
  return {
    json,
    out: json ? err : picocolors.createColors(allowed && process.stdout.isTTY === true),
    err,
    print: (text) => void (json ? process.stderr : process.stdout).write(`${text}\n`),
    say: (text) => void process.stderr.write(`${text}\n`),
    result: (document) => {
      if (json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
    },
  }
}
