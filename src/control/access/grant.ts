/** A grant that was given, and how it is told. */
import type { LogFields, LogRecord } from '../audit-log/index.ts'
import type { CheckedRequest } from './request.ts'

export interface Grant extends CheckedRequest {
  /** Unique in its audit log. */
  readonly number: number
  /** ISO 8601. */
  readonly granted: string
  /** ISO 8601. */
  readonly ends: string
  /** Nanoseconds of the clock of the data plane. */
  readonly until: bigint
}

/** A grant in force, and what came of it. */
export interface GrantStatus {
  readonly number: number
  readonly who: string
  readonly by: string
  readonly from: string
  readonly to: string
  readonly port: number
  readonly reason: string
  readonly granted: string
  readonly ends: string
  readonly secondsLeft: number
  /** Connections that were opened, without probes. */
  readonly uses: number
  /** Packets of `glacis trace --live` that opened one. */
  readonly probes: number
  /** ISO 8601; null: never. */
  readonly lastUse: string | null
}

/** Of the record `grant`: all that is needed to go on with it. */
export const grantFields = ({
  number,
  who,
  by,
  from,
  to,
  port,
  seconds,
  reason,
  ends,
  until,
}: Grant): LogFields => ({
  grant: number,
  who,
  by,
  from,
  to,
  port,
  seconds,
  reason,
  ends,
  until: String(until),
})

/** A grant that the log tells of and no record ends, as far as the log tells. */
export interface UnfinishedGrant {
  readonly number: number
  readonly who: string
  readonly by: string
  readonly from: string
  readonly to: string
  readonly port: number
  readonly seconds: number
  readonly reason: string
  readonly granted: string
  readonly ends: string
  readonly until: bigint
  /** Uses that are in the log, probes among them. */
  readonly uses: bigint
  readonly probes: bigint
}

/** Kinds of records after which a grant is no more. */
const endings: ReadonlySet<string> = new Set(['expire', 'revoke', 'end', 'altered', 'failed', 'lost'])

/** What earlier writers of a log left open, and the highest number that they gave. */
export function replay(records: readonly LogRecord[]): {
  readonly unfinished: readonly UnfinishedGrant[]
  readonly lastNumber: number
} {
  const open = new Map<number, UnfinishedGrant>()
  let lastNumber = 0
  for (const { kind, fields, time } of records) {
    const number = Number(fields.grant)
    if (!Number.isSafeInteger(number)) continue
    lastNumber = Math.max(lastNumber, number)
    const known = open.get(number)
    if (kind === 'grant') open.set(number, unfinished(number, fields, time))
    else if (endings.has(kind)) open.delete(number)
    else if (kind === 'use' && known)
      open.set(number, {
        ...known,
        uses: natural(fields.uses),
        probes: known.probes + natural(fields.probes),
      })
  }
  return { unfinished: [...open.values()], lastNumber }
}

function unfinished(number: number, fields: LogFields, granted: string): UnfinishedGrant {
  const text = (name: string): string => String(fields[name] ?? '')
  return {
    number,
    who: text('who'),
    by: text('by'),
    from: text('from'),
    to: text('to'),
    port: Number(fields.port),
    seconds: Number(fields.seconds),
    reason: text('reason'),
    granted,
    ends: text('ends'),
    until: natural(fields.until),
    uses: 0n,
    probes: 0n,
  }
}

const natural = (value: unknown): bigint => (/^\d{1,20}$/.test(String(value)) ? BigInt(String(value)) : 0n)
