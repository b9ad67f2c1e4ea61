import { generateKeyPairSync } from 'node:crypto'
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { followChain } from './chain.ts'
import { headFile, writeHead } from './head.ts'
import { AuditLog, type AuditLogOptions } from './log-file.ts'
import type { LogFields } from './record.ts'
import { type VerifyOptions, verifyLog } from './verify.ts'

const folder = mkdtempSync(join(tmpdir(), 'glacis-audit-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// The lock is native code, which is tested in test/kernel.
const lock = () => true
let count = 0

/** A log with these records, closed. */
function logOf(records: readonly LogFields[], options: AuditLogOptions = {}): string {
  const path = join(folder, `${++count}.jsonl`)
  write(path, records, options)
  return path
}

function write(path: string, records: readonly LogFields[], options: AuditLogOptions = {}): void {
  const log = new AuditLog(path, { lock, ...options })
  for (const fields of records) log.append('use', fields)
  log.close()
}

const five: readonly LogFields[] = Array.from({ length: 5 }, (_, n) => ({
  grant: n,
  reason: `Grüße, "quoted" and \\ ${n}`,
}))
const kinds = (path: string, options?: VerifyOptions) =>
  verifyLog(path, options).findings.map(({ kind }) => kind)
const linesOf = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n')
const rewrite = (path: string, lines: readonly string[]) => writeFileSync(path, `${lines.join('\n')}\n`)

describe('an audit log', () => {
  it('is read as it was written, by several processes one after the other', () => {
    const path = logOf(five)
    write(path, [{ grant: 6 }])
    const { ok, records, end } = verifyLog(path)
    expect(ok).toBe(true)
    expect(records.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6])
    expect(records.map(({ fields }) => fields)).toEqual([...five, { grant: 6 }])
    expect(end).toEqual({ sequence: 6, hash: records.at(-1)?.hash })
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('is written by one at a time', () => {
    const path = logOf(five)
    expect(() => new AuditLog(path, { lock: () => false })).toThrow('another process writes it')
    expect(verifyLog(path)).toMatchObject({ ok: true, end: { sequence: 5 } })
  })

  it('refuses a record that is too long, and goes on', () => {
    const path = logOf([])
    const log = new AuditLog(path, { lock })
    expect(() => log.append('use', { reason: 'x'.repeat(70_000) })).toThrow('too long')
    log.append('use', {})
    log.close()
    expect(verifyLog(path)).toMatchObject({ ok: true, end: { sequence: 1 } })
  })

  describe('shows that it was tampered with', () => {
    const path = logOf(five)
    const original = readFileSync(path)

    it('whichever byte is another', () => {
      fc.assert(
        fc.property(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
          const changed = Uint8Array.from(original)
          changed[at]! ^= flip
          expect(followChain(splitLines(changed)).findings).not.toEqual([])
        }),
        { numRuns: 3000 },
      )
      // And every byte once, its lowest bit.
      for (let at = 0; at < original.length; at++) {
        const changed = Uint8Array.from(original)
        changed[at]! ^= 1
        expect(followChain(splitLines(changed)).findings, `byte ${at}`).not.toEqual([])
      }
      expect(verifyLog(path).ok).toBe(true)
    })

    it.each<[string, (lines: string[]) => string[], readonly string[]]>([
      ['a record is removed', (l) => l.toSpliced(2, 1), ['removed']],
      ['records are removed', (l) => l.toSpliced(1, 2), ['removed', 'removed']],
      ['the first is removed', (l) => l.slice(1), ['removed']],
      ['two are exchanged', (l) => [l[0], l[2], l[1], l[3], l[4]] as string[], ['reordered']],
      ['one is there twice', (l) => l.toSpliced(3, 0, l[1] as string), ['inserted']],
      ['a line is inserted', (l) => l.toSpliced(3, 0, '{"sequence":4}'), ['inserted']],
      ['the last is removed', (l) => l.slice(0, -1), ['truncated']],
      ['all are removed', () => [], ['changed', 'truncated']],
    ])('%s', (_, change, expected) => {
      const copy = logOf(five)
      rewrite(copy, change(linesOf(copy)))
      expect(kinds(copy)).toEqual(expected)
    })

    it('its head is removed, or replaced by an older one', () => {
      const copy = logOf(five)
      rmSync(headFile(copy))
      expect(kinds(copy)).toEqual(['head'])
      const [, second] = verifyLog(copy).records
      writeHead(copy, second!)
      expect(kinds(copy)).toEqual(['head'])
      writeFileSync(headFile(copy), 'nonsense')
      expect(kinds(copy)).toEqual(['head'])
    })

    it('all of it is written anew, if the hash of a record was kept elsewhere', () => {
      const copy = logOf(five)
      const { records } = verifyLog(copy)
      const anchored = records[2]?.hash as string
      expect(kinds(copy, { expectHead: anchored })).toEqual([])
      rmSync(copy)
      rmSync(headFile(copy))
      write(copy, five.toSpliced(1, 1, { grant: 99 }))
      expect(kinds(copy)).toEqual([])
      expect(kinds(copy, { expectHead: anchored })).toEqual(['rewritten'])
    })

    it('its head is signed by another key, or not at all', () => {
      const [own, other] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')]
      const copy = logOf(five, { key: own.privateKey })
      expect(kinds(copy, { key: own.publicKey })).toEqual([])
      expect(kinds(copy, { key: other.publicKey })).toEqual(['head'])
      writeHead(copy, verifyLog(copy).end)
      expect(kinds(copy, { key: own.publicKey })).toEqual(['head'])
    })
  })

  describe('is missing', () => {
    it.each([2, 1, 0])(
      'with a head of %i records: that is a finding, and the next writer records it',
      (length) => {
        const path = logOf(five.slice(0, length))
        rmSync(path)
        const { ok, records, findings } = verifyLog(path)
        expect([ok, records]).toEqual([false, []])
        expect(findings).toMatchObject([{ kind: 'truncated' }])
        expect(findings[0]?.message).toMatch(
          length === 1 ? /: 1 record is missing$/ : new RegExp(`: ${length} records are missing$`),
        )
        write(path, [{ grant: 9 }])
        expect(verifyLog(path).records.map(({ kind }) => kind)).toEqual(['damaged', 'use'])
        expect(kinds(path)).toEqual(['damaged'])
      },
    )

    it('with its head: that is a finding only where one must be', () => {
      const path = join(folder, 'none.jsonl')
      expect(() => verifyLog(path)).toThrow('ENOENT')
      expect(kinds(path, { isExpected: true })).toEqual(['truncated'])
    })

    it('without a record, and nothing was: nothing to say', () => {
      expect(kinds(logOf([]))).toEqual([])
    })
  })

  describe('after it was moved away while it was written', () => {
    it('keeps what it has with its head; a new one says what was the last record', () => {
      const path = logOf([])
      const log = new AuditLog(path, { lock })
      for (const fields of five) log.append('use', fields)
      renameSync(path, `${path}.1`)
      expect(() => log.append('use', {})).toThrow('was moved away while the network was up')
      // Only that file is not enough: a head is there.
      expect(() => log.append('use', {})).toThrow('was moved away while the network was up')
      renameSync(headFile(path), headFile(`${path}.1`))
      const told = log.end
      log.append('use', {})
      log.close()
      expect(verifyLog(`${path}.1`)).toMatchObject({ end: told, findings: [{ kind: 'damaged' }] })
      const { records } = verifyLog(path)
      expect(records.map(({ kind }) => kind)).toEqual(['damaged', 'use'])
      expect(JSON.stringify(records[0])).toContain(told.hash)
    })

    it('and a faithful copy is in its place: the copy lacks what the head names', () => {
      const path = logOf(five)
      const log = new AuditLog(path, { lock })
      copyFileSync(path, `${path}.copy`)
      renameSync(`${path}.copy`, path)
      expect(() => log.append('use', {})).toThrow('was deleted, and another stands in its place')
      // The process is killed, and nobody was told.
      log.close()
      expect(kinds(path)).toEqual(['truncated'])
    })
  })

  describe('after a crash', () => {
    it('in the middle of a line: says so, and the next writer quotes what was torn', () => {
      const path = logOf(five)
      const whole = readFileSync(path)
      const torn = '{"sequence":6,"time":"20'
      appendFileSync(path, torn)
      expect(kinds(path)).toEqual(['torn'])
      write(path, [{ grant: 6 }])
      expect(readFileSync(path).subarray(0, whole.length)).toEqual(whole)
      const { ok, records } = verifyLog(path)
      expect(ok).toBe(true)
      expect(records[5]).toMatchObject({
        kind: 'recovered',
        fields: { torn: Buffer.from(torn).toString('base64') },
      })
      // What was torn is part of the chain now.
      writeFileSync(path, readFileSync(path, 'utf8').replace(torn, torn.replace('20', '21')))
      expect(verifyLog(path).ok).toBe(false)
    })

    it('at whichever byte of a line: nothing that was whole is lost', () => {
      const path = logOf(five)
      const whole = readFileSync(path)
      const start = whole.lastIndexOf('\n', whole.length - 2) + 1
      const head = logOf(five.slice(0, 4))
      for (let length = start; length < whole.length; length += 7) {
        writeFileSync(path, whole.subarray(0, length))
        writeFileSync(headFile(path), headText(path, 4))
        write(path, [{ grant: 6 }])
        const { ok, records } = verifyLog(path)
        expect(ok, `cut at ${length}`).toBe(true)
        expect(records.map(({ kind }) => kind)).toEqual(
          length > start
            ? ['use', 'use', 'use', 'use', 'recovered', 'use']
            : ['use', 'use', 'use', 'use', 'use'],
        )
      }
      expect(verifyLog(head).ok).toBe(true)
    })

    it('between a record and its head: nothing to say', () => {
      const path = logOf(five)
      writeFileSync(headFile(path), headText(path, 4))
      expect(kinds(path)).toEqual([])
    })

    it('is told from records cut off: the head knows that they were written', () => {
      const path = logOf(five)
      truncateSync(path, readFileSync(path).length - 30)
      expect(kinds(path)).toEqual(['torn', 'truncated'])
      write(path, [])
      // The head has moved on since; that damage was found stays in the log for good.
      expect(kinds(path)).toEqual(['damaged'])
      write(path, [{ grant: 7 }])
      expect(kinds(path)).toEqual(['damaged'])
      expect(verifyLog(path).records.map(({ kind }) => kind)).toEqual([
        ...['use', 'use', 'use', 'use'],
        ...['recovered', 'damaged', 'use'],
      ])
    })
  })

  /** What the head said when the log had so many records. */
  function headText(path: string, sequence: number): string {
    const record = followChain(splitLines(readFileSync(path))).records[sequence - 1]
    return `${JSON.stringify({ sequence, hash: record?.hash })}\n`
  }
})

function* splitLines(bytes: Uint8Array) {
  let start = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    yield { bytes: bytes.subarray(start, end), ended: true }
    start = end + 1
  }
  if (start < bytes.length) yield { bytes: bytes.subarray(start), ended: false }
}
