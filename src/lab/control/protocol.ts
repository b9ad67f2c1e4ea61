/**
 * What is said over the control socket of a running lab: JSON, one message a line, UTF-8. A connection carries requests one after the
 * other or at once; each has a number, which every message about it bears. A request is answered by events, if it asks for a stream,
 * and then by one result or one error. Closing the connection ends all its requests.
 */
import type { DiagnosticCode } from '../../file/index.ts'

/** Of these messages; a server answers only its own. */
export const protocolVersion = 1

export interface Request {
  readonly glacis: typeof protocolVersion
  /** Chosen by the client; unique in its connection. */
  readonly id: number
  readonly method: string
  readonly params?: unknown
}

export type Response =
  | { readonly id: number; readonly event: unknown }
  /** So many events were left out, because they were not read as fast as they came. */
  | { readonly id: number; readonly missed: number }
  | { readonly id: number; readonly result: unknown }
  /** `id` is null if the request could not be read. */
  | { readonly id: number | null; readonly error: ControlFailure }

/** A diagnostic without a place in a file. */
export interface ControlFailure {
  readonly code: DiagnosticCode
  /** One sentence that starts with the verb that failed and ends with the remedy. */
  readonly message: string
}

/** Thrown by methods and by the client: the user is told the message. */
export class ControlError extends Error {
  readonly code: DiagnosticCode

  constructor(code: DiagnosticCode, message: string) {
    super(message)
    this.name = 'ControlError'
    this.code = code
  }
}

/** Bytes of a request beyond which a connection is closed; and of what a client takes for an answer. */
export const maxRequest = 1024 * 1024
export const maxResponse = 256 * 1024 * 1024

/** Splits a stream of bytes into lines of at most `limit` bytes. */
export class LineSplitter {
  readonly #limit: number
  #rest: Buffer[] = []
  #length = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The lines that are whole now. `undefined` instead of a line: it is too long, and nothing that follows can be trusted. */
  push(chunk: Buffer): readonly (string | undefined)[] {
    const lines: (string | undefined)[] = []
    let start = 0
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, start)) {
      const line = Buffer.concat([...this.#rest, chunk.subarray(start, at)])
      this.#rest = []
      this.#length = 0
      start = at + 1
      lines.push(line.length > this.#limit ? undefined : line.toString('utf8'))
    }
    const tail = chunk.subarray(start)
    this.#rest.push(tail)
    this.#length += tail.length
    if (this.#length <= this.#limit) return lines
    this.#rest = []
    this.#length = 0
    return [...lines, undefined]
  }
}

const newline = 10
