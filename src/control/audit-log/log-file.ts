/**
 * An audit log that is written: appended to and never changed, by one process at a time, each record on the disk before the call
 * returns. What a crash left at its end is quoted in a record, and damage that is found is told in one; nothing is taken away.
 * A file that is no longer at its path is no log any more: it gets a last record that says so, so that the head beside the path names
 * a record that nothing else has, and no other.
 */
import type { KeyObject } from 'node:crypto'
import { closeSync, existsSync, fstatSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { lockFile } from '../../kernel/index.ts'
import { type Chain, damagedKind, followChain, recoveredKind } from './chain.ts'
import { headFile, readHead, syncFolder, writeHead } from './head.ts'
import { linesOf } from './lines.ts'
import { misplacement } from './place.ts'
import { type ChainEnd, emptyChain, encodeRecord, type LogFields, type LogRecord } from './record.ts'
import { headFindings, missingLog } from './verify.ts'

export interface AuditLogOptions {
  /** Ed25519 private key that signs each head. */
  readonly key?: KeyObject
  /** Default: the machine's clock. */
  readonly wallClock?: () => Date
  /** Keeps other writers out for as long as the descriptor is open; false if one is there. Default: flock(2), Linux only. */
  readonly lock?: (fd: number) => boolean
  /** Hears, as a sentence without a full stop, of damage that is found while the log is open. Must not throw. */
  readonly onDamage?: (what: string) => void
}

/** The log was taken away, or changed, while it was open. The message says what to do. */
export class LogTamperedError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'LogTamperedError'
  }
}

export class AuditLog {
  readonly path: string
  /** What was in it when it was opened. */
  readonly history: readonly LogRecord[]
  readonly #options: AuditLogOptions
  #fd: number
  #end: ChainEnd = emptyChain
  /** Bytes that are in the file as far as this writer knows. */
  #size = 0
  /** Bytes at the end of the file that are no whole line: a write that failed. */
  #torn: Uint8Array | undefined
  /** What became of the file, once that was found and told. */
  #misplaced: string | undefined
  #closed = false

  /**
   * Opens a log, or makes it. Throws `Error` if another process writes it, else what the system says.
   */
  constructor(path: string, options: AuditLogOptions = {}) {
    this.path = path
    this.#options = options
    const { fd, chain, made } = this.#open()
    this.#fd = fd
    this.history = chain.records
    try {
      this.#goOnAfter(chain, made)
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  /** The last record; its hash stands for all of the log. */
  get end(): ChainEnd {
    return this.#end
  }

  /**
   * Writes a record; it is on the disk, in the file at the path, when this returns. Throws `LogTamperedError` if that is another file, or none, or was
   * changed; what the system says if writing fails: what there is of it then will be quoted in the next one.
   */
  append(kind: string, fields: LogFields): LogRecord {
    if (this.#closed) throw new Error(`write audit log ${this.path}: it is closed`)
    this.inspect()
    this.#quoteTorn()
    return this.#write(kind, fields)
  }

  /**
   * Finds out whether the log is as this writer left it, and tells if it is not: `onDamage`, and the file, as record `damaged`. Where the file
   * is gone and somebody took the head away after that was told, a new log is begun. Throws `LogTamperedError` where there is
   * nothing to go on with, and the first time where there is.
   */
  inspect(): void {
    if (this.#closed) return
    const where = misplacement(this.#fd, this.path)
    if (where !== undefined) {
      if (this.#misplaced !== undefined && !existsSync(this.path) && !existsSync(headFile(this.path))) {
        this.renew()
        return
      }
      this.#tellMisplaced(where)
      throw new LogTamperedError(
        `${where} while the network was up; put it back if it was moved, or move what is at that path and ${headFile(this.path)} elsewhere: then a new log is begun, which says so`,
      )
    }
    this.#misplaced = undefined
    this.#inspectSize()
  }

  /** Goes on in the file that is at the path now, or in a new one, and writes there what became of the one before. Throws as the constructor. */
  renew(): void {
    if (this.#closed) return
    const where = misplacement(this.#fd, this.path)
    if (where === undefined) return
    const { sequence, hash } = this.#end
    const { fd, chain, made } = this.#open()
    closeSync(this.#fd)
    this.#fd = fd
    this.#misplaced = undefined
    this.#goOnAfter(chain, made, [
      `taken away: ${where} while it was written; record ${sequence} was its last, with hash ${hash}`,
    ])
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    closeSync(this.#fd)
  }

  #open(): { readonly fd: number; readonly chain: Chain; readonly made: boolean } {
    const { path } = this
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
    const made = !existsSync(path)
    const fd = openSync(path, 'a+', 0o600)
    try {
      const { lock = lockFile } = this.#options
      if (!lock(fd))
        throw new Error(`open audit log ${path}: another process writes it; end that, or give another file`)
      if (made) syncFolder(dirname(path))
      return { fd, chain: followChain(linesOf(fd)), made }
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  #goOnAfter(chain: Chain, made: boolean, found: readonly string[] = []): void {
    this.#end = chain.end
    this.#torn = chain.torn
    this.#size = fstatSync(this.#fd).size
    this.#tellDamage(chain, made, found)
  }

  /** Once for each time: the record is for the file, wherever it is; the head is beside the path. */
  #tellMisplaced(where: string): void {
    if (this.#misplaced !== undefined) return
    this.#misplaced = where
    this.#announce(`${where}: access is granted again when there is a log`)
    try {
      this.#quoteTorn()
      this.#write(damagedKind, {
        findings: [`taken away: ${where} while it was written`],
        more: 0,
        head: { ...this.#end },
      })
    } catch {
      // The folder may be gone with it, or the disk full: nothing is granted all the same.
    }
  }

  /** Somebody else wrote into the file, or cut it. */
  #inspectSize(): void {
    const { size } = fstatSync(this.#fd)
    if (size === this.#size) return
    const what = `the file has ${size} bytes where ${this.#size} were written`
    this.#announce(`another process has changed it: ${what}`)
    this.#size = size
    // A line of somebody else may have no end.
    this.#write(
      damagedKind,
      { findings: [`changed: ${what}`], more: 0, head: { ...this.#end } },
      size > 0 ? '\n' : '',
    )
    throw new LogTamperedError(
      `another process has changed it: ${what}; that is written down now: look at 'glacis access audit', then ask again`,
    )
  }

  #announce(what: string): void {
    this.#options.onDamage?.(`audit log ${this.path}: ${what}`)
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
    } finally {
      this.#size += written
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

  #tellDamage(chain: Chain, made: boolean, found: readonly string[]): void {
    const head = readHead(this.path)
    const findings = [
      ...chain.findings.filter(({ kind }) => kind !== 'torn' && kind !== 'damaged'),
      ...(made ? missingLog(head, this.path) : headFindings(chain, head, this.path)),
    ]
    const told = new Set(
      chain.records.flatMap(({ kind, fields }) =>
        kind === damagedKind && Array.isArray(fields.findings) ? fields.findings.map(String) : [],
      ),
    )
    const fresh = [
      ...found,
      ...findings.map(({ kind, line, message }) => `${line ? `line ${line}: ` : ''}${kind}: ${message}`),
    ]
    this.#quoteTorn()
    const untold = fresh.filter((text) => !told.has(text))
    if (untold.length > 0) {
      this.#write(damagedKind, {
        findings: untold.slice(0, 20),
        more: Math.max(0, untold.length - 20),
        head: head === undefined || head === 'damaged' ? null : { sequence: head.sequence, hash: head.hash },
      })
      this.#announce(`${untold[0]}; 'glacis access audit' tells of all that is wrong`)
    }
    // Of an empty log too: from now on its absence means something.
    else writeHead(this.path, this.#end, this.#options.key)
  }
}
