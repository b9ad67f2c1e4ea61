/** `glacis access audit`: what the log of support access says, and whether it is as it was written. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  ed25519Key,
  type Finding,
  type LogRecord,
  type Verification,
  verifyLog,
} from '../../control/index.ts'
import { auditLogPath, findRunning, HiddenLabError, networksWithLogs, runningLabs } from '../../lab/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { table } from '../render/table.ts'
import { asRootNow } from '../running.ts'
import type { Colors, Terminal } from '../terminal.ts'

export interface AuditOptions {
  readonly name?: string
  readonly log?: string
  readonly expectHead?: string
  readonly key?: string
}

export function auditAccess(options: AuditOptions, terminal: Terminal): number {
  const path =
    options.log ?? process.env.GLACIS_AUDIT_LOG ?? asRootNow('read the audit log', () => pathOf(options))
  const verification = verify(path, options)
  const { ok, records, end, findings } = verification
  terminal.result({
    ok,
    log: path,
    head: end,
    findings: findings.map(({ kind, line, message }) => ({ kind, line: line ?? null, message })),
    records,
  })
  if (!terminal.json) terminal.print(auditText(path, verification, terminal.out))
  return ok ? exitCodes.ok : exitCodes.no
}

function verify(path: string, { expectHead, key }: AuditOptions): Verification {
  try {
    const pem = key === undefined ? undefined : readFileSync(key, 'utf8')
    return verifyLog(path, {
      isExpected: isWritten(path),
      ...(expectHead !== undefined && { expectHead }),
      ...(pem !== undefined && { key: ed25519Key(pem, 'public') }),
    })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (error instanceof TypeError) throw new CommandError(`read ${key}: ${message}`)
    if (code === undefined) throw error
    const remedy =
      code === 'EACCES'
        ? 'this is for root; use sudo'
        : 'every network that is brought up has one; name another with --log'
    throw new CommandError(`read the audit log ${path}: ${code}; ${remedy}`, exitCodes.unavailable)
  }
}

/** By a network that is up, as far as this user may know. */
function isWritten(path: string): boolean {
  try {
    return runningLabs().some(({ auditLog }) => auditLog === resolve(path))
  } catch (error) {
    if (error instanceof HiddenLabError) return false
    throw error
  }
}

/** Of the network of that name; else of the only one that is up; else of the only one that has a log. */
function pathOf({ name }: AuditOptions): string {
  if (name !== undefined) return findRunning(name)?.auditLog ?? auditLogPath(name)
  const up = runningLabs()
  const names = up.length > 0 ? up.map((lab) => lab.name) : networksWithLogs()
  const [first] = names
  if (first !== undefined && names.length === 1) return up[0]?.auditLog ?? auditLogPath(first)
  if (first === undefined)
    throw new CommandError(
      'read the audit log: there is none here; name it with --log, or bring a network up',
      exitCodes.unavailable,
    )
  throw new CommandError(
    `read the audit log: there are ${names.length}; choose with --name ${names.join(' or ')}`,
  )
}

function auditText(path: string, { ok, records, end, findings }: Verification, out: Colors): string {
  const rows = records.map((record) => [
    out.dim(String(record.sequence)),
    out.dim(record.time),
    paint(record.kind, out),
    aboutText(record),
  ])
  const head = `${path}: ${records.length} records, head ${end.sequence} ${end.hash}`
  const verdict = ok
    ? `${out.green('intact')}  ${head}`
    : [
        `${out.red('tampered with or damaged')}  ${head}`,
        ...findings.map((f) => `  ${findingText(f, out)}`),
      ].join('\n')
  return [...(rows.length > 0 ? [table(rows), ''] : []), verdict].join('\n')
}

const alarming: ReadonlySet<string> = new Set([
  'foreign',
  'altered',
  'damaged',
  'lost',
  'recovered',
  'failed',
  'refuse',
])

const paint = (kind: string, out: Colors): string =>
  alarming.has(kind) ? out.red(kind) : kind === 'grant' ? out.green(kind) : kind

/** Members of a record in their order, as `name value`. */
const aboutText = ({ fields }: LogRecord): string =>
  Object.entries(fields)
    .filter(([name, value]) => name !== 'until' && value !== null)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? plain(value) : JSON.stringify(value)}`)
    .join(', ')

/** A tampered log may hold anything. */
const plain = (text: string): string => JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"')

const findingText = ({ kind, line, message }: Finding, out: Colors): string =>
  `${out.bold(kind)}${line === undefined ? '' : ` line ${line}`}: ${message}`
