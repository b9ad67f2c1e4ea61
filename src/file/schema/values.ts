/** The smallest parts of the network file: names, addresses, prefixes, ports, counts. The form of each, and its range. */
import * as v from 'valibot'
import { parseIp, parsePrefix } from '../../net/index.ts'
import { parseDate } from '../date.ts'
import { parseDuration } from '../duration.ts'

/** A DNS label (RFC 1035 section 2.3.1) in lower case that begins with a letter. */
export const namePattern = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** A domain name of at least two labels, in lower case, without trailing dot; at most 190 characters. */
export const zonePattern =
  /^(?=.{3,190}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Name of an Azure service tag, such as `Storage.WestEurope`. */
export const tagPattern = /^[A-Za-z][A-Za-z0-9_.-]{0,79}$/

// The messages name the form that a value lacks; `form-mistake.ts` makes sentences of them.
export const name = v.pipe(v.string(), v.regex(namePattern, 'name'))
export const address = v.pipe(
  v.string(),
  v.check((text) => parseIp(text) !== undefined, 'address'),
)
const prefix = v.pipe(
  v.string(),
  v.check((text) => text.includes('/') && parsePrefix(text) !== undefined, 'prefix'),
)
export const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535))
export const duration = v.pipe(
  v.string(),
  v.check((text) => parseDuration(text) !== undefined, 'duration'),
)
export const date = v.pipe(
  v.string(),
  v.check((text) => parseDate(text) !== undefined, 'date'),
)
export const path = v.pipe(v.string(), v.minLength(1))

export const prefixes = (description: string, ...examples: string[]) =>
  v.pipe(v.array(prefix), v.minLength(1), v.maxLength(16), v.description(description), v.examples([examples]))

export const count = (minimum: number, maximum: number, description: string) =>
  v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(maximum), v.description(description))
