/** Is a log as it was written? What can be told from the file, its head, and a hash that was kept elsewhere. */
import type { KeyObject } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { type Chain, type Finding, followChain } from './chain.ts'
import { type Head, headFile, isSigned, readHead } from './head.ts'
import { linesOf } from './lines.ts'
import type { ChainEnd, LogRecord } from './record.ts'

export interface VerifyOptions {
  /** Hash of a record that was kept elsewhere: it must be in the chain. */
  readonly expectHead?: string
  /** Ed25519 public key by which the head must be signed. */
  readonly key?: KeyObject
}

export interface Verification {
  /** Nothing was found. */
  readonly ok: boolean
  readonly records: readonly LogRecord[]
  /** The last record: its hash stands for the whole log. */
  readonly end: ChainEnd
  readonly findings: readonly Finding[]
}

/** Throws what the system says if there is no such file or it cannot be read. */
export function verifyLog(path: string, { expectHead, key }: VerifyOptions = {}): Verification {
  const chain = readChain(path)
  const findings = [...chain.findings, ...headFindings(chain, readHead(path), path, key)]
  if (expectHead !== undefined && !chain.records.some(({ hash }) => hash === expectHead))
    findings.push({ kind: 'rewritten', message: `no record has the expected hash ${expectHead}` })
  return { ok: findings.length === 0, records: chain.records, end: chain.end, findings }
}

export function readChain(path: string): Chain {
  const fd = openSync(path, 'r')
  try {
    return followChain(linesOf(fd))
  } finally {
    closeSync(fd)
  }
}

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
  if (key && !isSigned(head, key))
    findings.push(found('head', `the head ${file} is not signed by the key given`))
  if (head.sequence > end.sequence)
    findings.push(
      found(
        'truncated',
        `${head.sequence - end.sequence} records are missing at the end${torn ? ', the torn line among them' : ''}`,
      ),
    )
  else if (!records.some(({ sequence, hash }) => sequence === head.sequence && hash === head.hash))
    findings.push(found('rewritten', `record ${head.sequence} is not the one that the head names`))
  else if (end.sequence - head.sequence > 1)
    findings.push(found('head', `the head is ${end.sequence - head.sequence} records behind`))
  return findings
}
