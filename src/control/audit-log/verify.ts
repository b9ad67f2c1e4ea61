/** Is a log as it was written? What can be told from the file, its head, and a hash that was kept elsewhere. */
import type { KeyObject } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { type Chain, type Finding, followChain } from './chain.ts'
import { type Head, headFile, isSigned, readHead } from './head.ts'
import { linesOf } from './lines.ts'
import { type ChainEnd, emptyChain, type LogRecord } from './record.ts'

export interface VerifyOptions {
  /** Hash of a record that was kept elsewhere: it must be in the chain. */
  readonly expectHead?: string
  /** Ed25519 public key by which the head must be signed. */
  readonly key?: KeyObject
  /** There must be a log, since a network that is up writes it. Default: if there is a head. */
  readonly isExpected?: boolean
}

export interface Verification {
  /** Nothing was found. */
  readonly ok: boolean
  readonly records: readonly LogRecord[]
  /** The last record: its hash stands for the whole log. */
  readonly end: ChainEnd
  readonly findings: readonly Finding[]
}

/** Throws what the system says if there is neither such a file nor its head, or it cannot be read. */
export function verifyLog(
  path: string,
  { expectHead, key, isExpected = false }: VerifyOptions = {},
): Verification {
  const head = readHead(path)
  const chain = readChain(path, isExpected || head !== undefined)
  const findings: Finding[] = chain
    ? [...chain.findings, ...headFindings(chain, head, path, key)]
    : [...missingLog(head, path, { ...(key && { key }), isExpected })]
  const { records, end } = chain ?? { records: [], end: emptyChain }
  if (expectHead !== undefined && !records.some(({ hash }) => hash === expectHead))
    findings.push({ kind: 'rewritten', message: `no record has the expected hash ${expectHead}` })
  return { ok: findings.length === 0, records, end, findings }
}

/** `undefined` if there is no such file and that is no error, since there should be one. */
function readChain(path: string, isExpected: boolean): Chain | undefined {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    if (isExpected && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return followChain(linesOf(fd))
  } finally {
    closeSync(fd)
  }
}

/** What a head says where there is no log: whoever begins a log begins its head. */
export function missingLog(
  head: Head | 'damaged' | undefined,
  path: string,
  { key, isExpected }: Pick<VerifyOptions, 'key' | 'isExpected'> = {},
): readonly Finding[] {
  if (head === undefined)
    return isExpected
      ? [
          {
            kind: 'truncated',
            message: 'the log and its head are missing, and a network that is up writes them',
          },
        ]
      : []
  const file = headFile(path)
  const missing =
    head === 'damaged' ? 'nobody can say how many records are missing' : recordsAreMissing(head.sequence)
  return [
    { kind: 'truncated', message: `the log itself is missing, and its head ${file} is there: ${missing}` },
    ...(key && head !== 'damaged' && !isSigned(head, key) ? [unsigned(file)] : []),
  ]
}

const recordsAreMissing = (count: number): string =>
  `${count} ${count === 1 ? 'record is' : 'records are'} missing`

const unsigned = (file: string): Finding => ({
  kind: 'head',
  message: `the head ${file} is not signed by the key given`,
})

/** What the head says against the chain. A record is written before its head: a crash may leave the head one behind. */
export function headFindings(
  { records, end, torn }: Chain,
  head: Head | 'damaged' | undefined,
  path: string,
  key?: KeyObject,
): readonly Finding[] {
  const file = headFile(path)
  const found = (kind: Finding['kind'], message: string): Finding => ({ kind, message })
  if (head === undefined)
    return end.sequence > 1 || (key && end.sequence > 0)
      ? [
          found(
            'head',
            `the head ${file} is missing, so nobody can say whether records are missing at the end`,
          ),
        ]
      : []
  if (head === 'damaged') return [found('head', `the head ${file} is no head`)]
  const findings: Finding[] = []
  if (key && !isSigned(head, key)) findings.push(unsigned(file))
  if (head.sequence > end.sequence)
    findings.push(
      found(
        'truncated',
        `${recordsAreMissing(head.sequence - end.sequence)} at the end${torn ? ', the torn line among them' : ''}`,
      ),
    )
  else if (!namesRecord(head, records))
    findings.push(found('rewritten', `record ${head.sequence} is not the one that the head names`))
  else if (end.sequence - head.sequence > 1)
    findings.push(found('head', `the head is ${end.sequence - head.sequence} records behind`))
  return findings
}

/** The head of an empty log names the place before its first record. */
const namesRecord = (head: ChainEnd, records: readonly LogRecord[]): boolean =>
  [emptyChain, ...records].some(({ sequence, hash }) => sequence === head.sequence && hash === head.hash)
