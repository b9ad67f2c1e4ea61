/** Where a command speaks: results to stdout, everything else to stderr; with `--json` stdout holds one JSON document. */
import picocolors from 'picocolors'

export interface Terminal {
  readonly json: boolean
  /** Colours for what goes to stdout and to stderr; they do nothing where there is no terminal or NO_COLOR is set. */
  readonly out: Colors
  readonly err: Colors
  /** Characters in a line of what shows results; absent if it is no terminal. */
  readonly columns?: number
  /** Whether stderr is a terminal, on which a line can be written anew. */
  readonly live: boolean
  /** A result for people; with `--json` it goes to stderr. */
  print(text: string): void
  /** Something said on the way, or an error. */
  say(text: string): void
  /** Raw text to stderr, for a line that changes. */
  draw(text: string): void
  /** One of many results, as a line of JSON; nothing without `--json`. */
  record(document: unknown): void
  /** The result as JSON; nothing without `--json`, and nothing after the first. */
  result(document: unknown): void
}

export type Colors = ReturnType<typeof picocolors.createColors>

/** What a terminal needs of a stream. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface TerminalOptions {
  readonly json: boolean
  readonly stdout?: Output
  readonly stderr?: Output
  readonly environment?: Readonly<Record<string, string | undefined>>
}

export function openTerminal({
  json,
  stdout = process.stdout,
  stderr = process.stderr,
  environment = process.env,
}: TerminalOptions): Terminal {
  const shows = (stream: Output): boolean => stream.isTTY === true && environment.TERM !== 'dumb'
  const colours = (stream: Output): Colors => picocolors.createColors(shows(stream) && !environment.NO_COLOR)
  const forPeople = json ? stderr : stdout
  let answered = false
  return {
    json,
    out: colours(forPeople),
    err: colours(stderr),
    ...(forPeople.isTTY && forPeople.columns ? { columns: forPeople.columns } : {}),
    live: shows(stderr),
    print: (text) => void forPeople.write(`${text}\n`),
    say: (text) => void stderr.write(`${text}\n`),
    draw: (text) => void stderr.write(text),
    record(document) {
      if (json) stdout.write(`${JSON.stringify(document)}\n`)
    },
    result(document) {
      if (!json || answered) return
      answered = true
      stdout.write(`${JSON.stringify(document, null, 2)}\n`)
    },
  }
}
