/** Values of options, from text. */
import { InvalidArgumentError } from 'commander'
import { namePattern, parseDuration } from '../file/index.ts'
import { parseIp } from '../net/index.ts'
import type { QuotedFlow } from '../wire/index.ts'
import { parseFlow } from './flow-text.ts'

export function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('Give a whole number from 0 to 65535.')
  return Number(text)
}

export function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Give a whole number.')
  return Number(text)
}

/** A count of which there must be one at least. */
export function positive(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0)
    throw new InvalidArgumentError('Give a whole number, at least 1.')
  return Number(text)
}

/** How many elements fail at a time. */
export function failureCount(text: string): 1 | 2 {
  if (text !== '1' && text !== '2') throw new InvalidArgumentError('Give 1 or 2.')
  return text === '1' ? 1 : 2
}

export function family(text: string): 4 | 6 {
  if (text !== '4' && text !== '6') throw new InvalidArgumentError('Give 4 or 6.')
  return text === '4' ? 4 : 6
}

/** Milliseconds from `10s`, `500ms`, `2m` or `1h`. */
export function duration(text: string): number {
  const [, number, unit] = /^(\d{1,6})(ms|s|m|h)$/.exec(text) ?? []
  if (number === undefined || Number(number) === 0)
    throw new InvalidArgumentError('Give a time such as 10s, 500ms, 2m or 1h.')
  return Number(number) * (units[unit as keyof typeof units] as number)
}

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** Seconds from `30m`, `8h`, `1h30m`. */
export function seconds(text: string): number {
  const parsed = parseDuration(text)
  if (parsed === undefined) throw new InvalidArgumentError('Give a time such as 30m, 8h or 1h30m.')
  return parsed
}

export function grantNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError("Give a number that 'glacis access list' shows.")
  return Number(text)
}

export function recordHash(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new InvalidArgumentError('Give 64 hexadecimal digits in lower case.')
  return text
}

/** A name that can be part of a file's name, and of a command line without quotes. */
export function labName(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text))
    throw new InvalidArgumentError('Give at most 63 letters, digits, dots, dashes and underscores.')
  return text
}

/** Names of a network file, separated by commas. */
export function names(text: string): readonly string[] {
  const parts = text.split(',').map((part) => part.trim())
  if (!parts.every((part) => namePattern.test(part)))
    throw new InvalidArgumentError('Give names in lower case, separated by commas.')
  return parts
}

export function address(text: string): string {
  if (!parseIp(text)) throw new InvalidArgumentError('Give an address such as 192.0.2.1 or 2001:db8::1.')
  return text
}

/** Ends of a packet, as packets are shown, or `answer`. */
export function flow(text: string): QuotedFlow | 'answer' {
  if (text === 'answer') return text
  const parsed = parseFlow(text)
  if (typeof parsed === 'string') throw new InvalidArgumentError(parsed)
  return parsed
}

/** Type and code of an ICMP message. */
export function icmpKind(text: string): { readonly type: number; readonly code: number } {
  const [, type, code = '0'] = /^(\d{1,3})(?:\/(\d{1,3}))?$/.exec(text) ?? []
  if (type === undefined || Number(type) > 255 || Number(code) > 255)
    throw new InvalidArgumentError('Give a type and a code, such as 3/4.')
  return { type: Number(type), code: Number(code) }
}
