/**
 * Domain names (RFC 1035 section 3.1). A name is its labels, outermost last, without the root: `['www', 'example']`. A label
 * is 1 to 63 bytes, each as one character U+0000–U+00FF; case is kept and does not count (RFC 4343).
 */
export type Name = readonly string[]

export const root: Name = Object.freeze([])

/** Longest name on the wire, its length bytes and the root's included. */
const longestName = 255
const longestLabel = 63
const mostLabels = 127

/** Length on the wire without compression, in bytes. */
export const nameLength = (name: Name): number => name.reduce((sum, label) => sum + 1 + label.length, 1)

/** Equal for names that are the same; usable as the key of a map. */
export const nameKey = (name: Name): string =>
  name.map((label) => String.fromCharCode(label.length) + lowerCase(label)).join('')

/** ASCII only: other bytes have no case (RFC 4343 section 3.1). */
const lowerCase = (label: string): string => label.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

/** True for `zone` itself and for every name below it. */
export const isWithin = (name: Name, zone: Name): boolean =>
  name.length >= zone.length && nameKey(name.slice(name.length - zone.length)) === nameKey(zone)

/**
 * Parses `www.example` or `www.example.`, with `\.` and `\DDD` escapes (RFC 1035 section 5.1); `.` is the root.
 * `undefined` on empty or too long labels, too long names, and characters outside printable ASCII.
 */
export function parseName(text: string): Name | undefined {
  if (text === '.') return root
  const labels = ['']
  for (const [token, digits, escaped] of text.matchAll(/\\(\d{3})|\\([^\d])|[^\\]|\\/gs)) {
    if (token === '.') labels.push('')
    else {
      const byte = digits === undefined ? (escaped ?? token).charCodeAt(0) : Number(digits)
      if (byte > 255 || token === '\\' || !/^[!-~]+$/.test(token)) return undefined
      labels[labels.length - 1] += String.fromCharCode(byte)
    }
  }
  if (labels.length > 1 && labels.at(-1) === '') labels.pop()
  const fits = labels.every((label) => label.length >= 1 && label.length <= longestLabel)
  return fits && nameLength(labels) <= longestName ? Object.freeze(labels) : undefined
}

/** As {@link parseName}, for names that the model has checked: throws `TypeError` on what is no name. */
export function name(text: string): Name {
  const parsed = parseName(text)
  if (!parsed)
    throw new TypeError(`parse name: '${text}' is not a domain name with labels of 1 to 63 characters`)
  return parsed
}

/** With trailing dot; special characters escaped. */
export const formatName = (labels: Name): string =>
  labels.length === 0 ? '.' : labels.map((label) => `${label.replace(/[^!-~]|[.\\]/g, escapeByte)}.`).join('')

const escapeByte = (byte: string): string =>
  byte === '.' || byte === '\\' ? `\\${byte}` : `\\${String(byte.charCodeAt(0)).padStart(3, '0')}`

/**
 * Reads a name that starts at `offset`, following compression pointers (RFC 1035 section 4.1.4). `end` is the offset after it.
 * `undefined` if it runs out of the message, is too long, or has a pointer that does not go back: each must point before
 * where the labels that led to it began, so that the walk ends; and at most as many as a name can have labels, so that it
 * ends soon.
 */
export function readName(message: Uint8Array, offset: number): { name: Name; end: number } | undefined {
  const labels: string[] = []
  let end: number | undefined
  let from = offset
  let at = offset
  let length = 1
  for (let pointers = 0; pointers <= mostLabels; ) {
    const first = message[at]
    if (first === undefined) return undefined
    if (first === 0) return { name: Object.freeze(labels), end: end ?? at + 1 }
    if (first >= 0xc0) {
      const low = message[at + 1]
      const target = low === undefined ? from : ((first & 0x3f) << 8) | low
      if (target >= from) return undefined
      end ??= at + 2
      from = at = target
      pointers++
    } else {
      if (first > longestLabel || at + first >= message.length) return undefined
      length += 1 + first
      if (length > longestName) return undefined
      labels.push(String.fromCharCode(...message.subarray(at + 1, at + 1 + first)))
      at += 1 + first
    }
  }
  return undefined
}
