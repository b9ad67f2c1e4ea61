/**
 * An audit log that is written: appended to and never changed, by one process at a time, each record on the disk before the call
 * returns. What a crash left at its end is quoted in a record, and damage that is found is told in one; nothing is taken away.
 */
import type { KeyObject } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { lockFile } from '../../kernel/index.ts'
import { type Chain, damagedKind, followChain, recoveredKind } from './chain.ts'
import { readHead, syncFolder, writeHead } from './head.ts'
import { linesOf } from './lines.ts'
import { type ChainEnd, encodeRecord, type LogFields, type LogRecord } from './record.ts'
import { headFindings } from './verify.ts'

export interface AuditLogOptions {
  /** Ed25519 private key that signs each head. */
  readonly key?: KeyObject
  /** Default: the machine's clock. */
  readonly wallClock?: () => Date
  /** Keeps other writers out for as long as the descriptor is open; false if one is there. Default: flock(2), Linux only. */
  readonly lock?: (fd: number) => boolean
}

export class AuditLog {
  readonly path: string
  /** What was in it when it was opened. */
  readonly history: readonly LogRecord[]
  readonly #fd: number
  readonly #options: AuditLogOptions
  #end: ChainEnd
  /** Bytes at the end of the file that are no whole line: a write that failed. */
  #torn: Uint8Array | undefined
  #closed = false

  /**
   * Opens a log, or makes it. Throws `Error` if another process writes it, else what the system says.
   */
  constructor(path: string, options: AuditLogOptions = {}) {
    this.path = path
    this.#options = options
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
    const made = !existsSync(path)
    this.#fd = openSync(path, 'a+', 0o600)
    try {
      const { lock = lockFile } = options
      if (!lock(this.#fd))
        throw new Error(`open audit log ${path}: another process writes it; end that, or give another file`)
      if (made) syncFolder(dirname(path))
      const chain = followChain(linesOf(this.#fd))
      this.history = chain.records
      this.#end = chain.end
      this.#torn = chain.torn
      this.#tellDamage(chain)
    } catch (error) {
      closeSync(this.#fd)
      throw error
    }
  }

  /** The last record; its hash stands for all of the log. */
  get end(): ChainEnd {
    return this.#end
  }

  /**
   * Writes a record; it is on the disk when this returns. Throws what the system says if that fails: what there is of it then will
   * be quoted in the next one.
   */
  append(kind: string, fields: LogFields): LogRecord {
    if (this.#closed) throw new Error(`write audit log ${this.path}: it is closed`)
    this.#quoteTorn()
    return this.#write(kind, fields)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    closeSync(this.#fd)
  }

  /** @param before bytes that go before the record, in the same write */
  #write(kind: string, fields: LogFields, before = ''): LogRecord {
    const time = (this.#options.wallClock?.() ?? new Date()).toISOString()
    const { record, line } = encodeRecord(this.#end, { time, kind, fields })
    const bytes = Buffer.concat([Buffer.from(before), line])
    let written = 0
    try {
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written)
    } catch (error) {
      this.#torn = bytes.subarray(0, written)
      throw error
    }
    // Should this fail nobody knows what is on the disk; in the file the record is whole, and the next one follows it.
    this.#end = { sequence: record.sequence, hash: record.hash }
    fsyncSync(this.#fd)
    writeHead(this.path, this.#end, this.#options.key)
    return record
  }

  /** Ends a torn line and quotes it. */
  #quoteTorn(): void {
    const torn = this.#torn
    if (!torn || torn.length === 0) return
    this.#torn = undefined
    this.#write(recoveredKind, { torn: Buffer.from(torn).toString('base64') }, '\n')
  }

  #tellDamage(chain: Chain): void {
    const head = readHead(this.path)
    const findings = [
      ...chain.findings.filter(({ kind }) => kind !== 'torn' && kind !== 'damaged'),
      ...headFindings(chain, head, this.path),
    ]
    const told = new Set(
      chain.records.flatMap(({ kind, fields }) =>
        kind === damagedKind && Array.isArray(fields.findings) ? fields.findings.map(String) : [],
      ),
    )
    const fresh = findings.map(
      ({ kind, line, message }) => `${line ? `line ${line}: ` : ''}${kind}: ${message}`,
    )
    this.#quoteTorn()
    const untold = fresh.filter((text) => !told.has(text))
    if (untold.length > 0)
      this.#write(damagedKind, {
        findings: untold.slice(0, 20),
        more: Math.max(0, untold.length - 20),
        head: head === undefined || head === 'damaged' ? null : { sequence: head.sequence, hash: head.hash },
      })
    else if (chain.end.sequence > 0) writeHead(this.path, this.#end, this.#options.key)
  }
}
