/** Following the chain of records: what is there, and whatever shows that the file is not as it was written. */
import type { Line } from './lines.ts'
import { type ChainEnd, decodeRecord, emptyChain, type LogRecord } from './record.ts'

export interface Finding {
  /**
   * - `changed`: a line is no record, or not with the hash that it bears
   * - `removed`, `inserted`, `reordered`: records are missing, too many, or not in their place
   * - `truncated`: records are missing at the end, by what the head says
   * - `rewritten`: the record that the head, or an anchored hash, names is not in the chain
   * - `torn`: the last line has no end: a crash while it was written, unless the head says that it was written whole
   * - `damaged`: whoever opened the log before found it damaged, and said so in a record
   * - `head`: the head is missing, damaged, not signed, or behind
   */
  readonly kind:
    | 'changed'
    | 'removed'
    | 'inserted'
    | 'reordered'
    | 'truncated'
    | 'rewritten'
    | 'torn'
    | 'damaged'
    | 'head'
  /** 1-based line of the file, where it is about one. */
  readonly line?: number
  /** One sentence without a full stop. */
  readonly message: string
}

export interface Chain {
  readonly records: readonly LogRecord[]
  readonly end: ChainEnd
  readonly findings: readonly Finding[]
  /** What stands behind the last line's end. */
  readonly torn?: Uint8Array
}

/** Kind of the record that quotes a torn line before it. */
export const recoveredKind = 'recovered'
/** Kind of the record that tells what was found when the log was opened. */
export const damagedKind = 'damaged'

/** Reads all lines. Finds every change of a byte; what a changed log still says is told as far as it can be. */
export function followChain(lines: Iterable<Line>): Chain {
  const follower = new Follower()
  let number = 0
  for (const line of lines) follower.take(line, ++number)
  return follower.conclude()
}

class Follower {
  readonly #records: LogRecord[] = []
  readonly #findings: Finding[] = []
  readonly #seen = new Set<number>()
  #end: ChainEnd = emptyChain
  /** Sequence numbers that were passed over. */
  readonly #missing = new Map<number, number>()
  /** A line that is no record: torn, if the next record says so. */
  #stray: { readonly bytes: Uint8Array; readonly line: number } | undefined
  #torn: Uint8Array | undefined

  take({ bytes, ended }: Line, line: number): void {
    if (!ended) {
      this.#torn = bytes
      this.#find('torn', line, 'the last line has no end')
      return
    }
    const record = decodeRecord(bytes)
    if (!record) {
      this.#settleStray()
      this.#stray = { bytes, line }
      return
    }
    const quoted = record.kind === recoveredKind ? record.fields.torn : undefined
    if (this.#stray && quoted === Buffer.from(this.#stray.bytes).toString('base64')) this.#stray = undefined
    else if (typeof quoted === 'string' && quoted !== '')
      this.#find('removed', line, 'the torn line that this record quotes is not before it')
    this.#settleStray(record)
    this.#place(record, line)
  }

  conclude(): Chain {
    this.#settleStray()
    for (const [sequence, line] of this.#missing)
      this.#find('removed', line, `record ${sequence} is missing before this line`)
    return {
      records: this.#records,
      end: this.#end,
      findings: this.#findings,
      ...(this.#torn && { torn: this.#torn }),
    }
  }

  /** A record whose own hash is right: is it in its place? */
  #place(record: LogRecord, line: number): void {
    const { sequence, previous, hash, kind } = record
    const expected = this.#end.sequence + 1
    if (sequence === expected && previous !== this.#end.hash)
      this.#find('changed', line, `record ${sequence} does not follow the one before it`)
    else if (this.#missing.delete(sequence))
      this.#find('reordered', line, `record ${sequence} stands behind later ones`)
    else if (sequence < expected) this.#find('inserted', line, `record ${sequence} was there before`)
    else for (let n = expected; n < sequence && this.#missing.size < 1000; n++) this.#missing.set(n, line)
    if (kind === damagedKind)
      this.#find('damaged', line, `record ${sequence} tells of damage found when the log was opened`)
    this.#seen.add(sequence)
    this.#records.push(record)
    if (sequence >= expected) this.#end = { sequence, hash }
  }

  /** The line before was no record and nothing explains it: it was put between records, or stands for the one that should be there. */
  #settleStray(next?: LogRecord): void {
    if (!this.#stray) return
    const { bytes, line } = this.#stray
    this.#stray = undefined
    if (next?.sequence === this.#end.sequence + 1 && next.previous === this.#end.hash) {
      this.#find('inserted', line, 'the line is no record and belongs to none')
      return
    }
    this.#find('changed', line, `record ${this.#end.sequence + 1} is not as it was written`)
    const text = Buffer.from(bytes).toString('latin1')
    // What the next record should refer to, if only other bytes of the line were changed.
    const hash = /([0-9a-f]{64})"\}$/.exec(text)?.[1] ?? next?.previous ?? this.#end.hash
    this.#end = { sequence: this.#end.sequence + 1, hash }
  }

  #find(kind: Finding['kind'], line: number, message: string): void {
    this.#findings.push({ kind, line, message })
  }
}
