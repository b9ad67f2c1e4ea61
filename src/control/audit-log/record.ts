/**
 * A record of the audit log, and its one line in the file: JSON whose last member is the SHA-256 of the bytes before it, the hash of
 * the record before among them. So each hash stands for its record and all before it.
 */
import { createHash } from 'node:crypto'

/** What a record tells beside when and in which place. Members are plain JSON. */
export type LogFields = Readonly<Record<string, LogValue>>
export type LogValue =
  | string
  | number
  | boolean
  | null
  | readonly LogValue[]
  | { readonly [key: string]: LogValue }

export interface LogRecord {
  /** 1 for the first of a log. */
  readonly sequence: number
  /** ISO 8601, UTC. */
  readonly time: string
  readonly kind: string
  readonly fields: LogFields
  /** Hash of the record before, 64 hexadecimal digits; of the first: zeros. */
  readonly previous: string
  readonly hash: string
}

/** The place at the end of a chain. */
export interface ChainEnd {
  readonly sequence: number
  readonly hash: string
}

/** The end of a log without records. */
export const emptyChain: ChainEnd = Object.freeze({ sequence: 0, hash: '0'.repeat(64) })

/** Bytes of a line that are accepted, its end included. */
export const maxLine = 65_536

/** The record that follows, and its line with the line's end. Throws `RangeError` if the line is too long. */
export function encodeRecord(
  end: ChainEnd,
  content: Pick<LogRecord, 'time' | 'kind' | 'fields'>,
): { readonly record: LogRecord; readonly line: Uint8Array } {
  const { time, kind, fields } = content
  const sequence = end.sequence + 1
  const body = JSON.stringify({ sequence, time, kind, fields, previous: end.hash })
  const hash = sha256(body)
  const line = new TextEncoder().encode(`${body.slice(0, -1)}${hashMember}${hash}"}\n`)
  if (line.length > maxLine)
    throw new RangeError(`write audit record: ${line.length} bytes are too long; give at most ${maxLine}`)
  return { record: { sequence, time, kind, fields, previous: end.hash, hash }, line }
}

const hashMember = ',"hash":"'
const tail = new RegExp(`${hashMember}([0-9a-f]{64})"\\}$`)

/** What a line without its end says; `undefined` if it is no record, or its hash is not that of its bytes. */
export function decodeRecord(line: Uint8Array): LogRecord | undefined {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line)
  } catch {
    return undefined
  }
  const match = tail.exec(text)
  if (!match) return undefined
  const body = `${text.slice(0, match.index)}}`
  const hash = match[1] as string
  if (sha256(body) !== hash) return undefined
  return parsed(body, hash)
}

function parsed(body: string, hash: string): LogRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { sequence, time, kind, fields, previous } = value as Record<string, unknown>
  const whole =
    Number.isSafeInteger(sequence) &&
    typeof time === 'string' &&
    typeof kind === 'string' &&
    typeof fields === 'object' &&
    fields !== null &&
    typeof previous === 'string'
  if (!whole) return undefined
  return { sequence: sequence as number, time, kind, fields: fields as LogFields, previous, hash }
}

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')
