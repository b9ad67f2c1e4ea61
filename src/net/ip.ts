/**
 * IP addresses of both families as plain values. An address is a family and an unsigned integer of 32 or 128
 * bits, so that comparison, ranges and prefixes are arithmetic and the same code serves IPv4 and IPv6.
 *
 * Text forms: RFC 4632 dotted quad without leading zeros; RFC 4291 section 2.2 in, RFC 5952 out.
 */

/** An IP address. `value` is 0 ≤ value < 2^32 (family 4) or < 2^128 (family 6). */
export interface Ip {
  readonly family: Family
  readonly value: bigint
}

export type Family = 4 | 6

/** Number of bits of an address of this family. */
export const familyBits = (family: Family): 32 | 128 => (family === 4 ? 32 : 128)

export const Ip = (family: Family, value: bigint): Ip => Object.freeze({ family, value })

/** Parses an IPv4 or IPv6 address; `undefined` if the text is neither. Zone indices (`%eth0`) are refused. */
export function parseIp(text: string): Ip | undefined {
  const value = text.includes(':') ? parse6(text) : parse4(text)
  return value === undefined ? undefined : Ip(text.includes(':') ? 6 : 4, value)
}

/** As {@link parseIp}, for literals in code and tests: throws `TypeError` on what is not an address. */
export function ip(text: string): Ip {
  const parsed = parseIp(text)
  if (!parsed) throw new TypeError(`parse address: '${text}' is not an IPv4 or IPv6 address`)
  return parsed
}

function parse4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let value = 0n
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    value = (value << 8n) | BigInt(part)
  }
  return value
}

function parse6(text: string): bigint | undefined {
  const lastColon = text.lastIndexOf(':')
  const tail = text.slice(lastColon + 1)
  if (tail.includes('.')) {
    const four = parse4(tail)
    if (four === undefined) return undefined
    return parse6(
      `${text.slice(0, lastColon + 1)}${(four >> 16n).toString(16)}:${(four & 0xffffn).toString(16)}`,
    )
  }
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  const head = groups[0] ?? []
  const rest = groups[1] ?? []
  if (halves.length === 1 ? head.length !== 8 : head.length + rest.length > 7) return undefined
  const zeros = new Array<string>(8 - head.length - rest.length).fill('0')
  let value = 0n
  for (const group of [...head, ...zeros, ...rest]) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined
    value = (value << 16n) | BigInt(`0x${group}`)
  }
  return value
}

/** Canonical text: dotted quad, or RFC 5952 (lower case, longest run of zeros shortened, first of equals). */
export function formatIp({ family, value }: Ip): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn))
  let best = { start: -1, length: 1 }
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (start + length < 8 && groups[start + length] === 0) length++
    if (length > best.length) best = { start, length }
  }
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(':')
  if (best.start < 0) return hex(groups)
  return `${hex(groups.slice(0, best.start))}::${hex(groups.slice(best.start + best.length))}`
}

/** An address with a port: `192.0.2.1:80`, or `[2001:db8::1]:80`. */
export const formatEnd = (address: Ip, port: number): string =>
  address.family === 4 ? `${formatIp(address)}:${port}` : `[${formatIp(address)}]:${port}`

/** Network byte order: 4 or 16 bytes. */
export function ipBytes({ family, value }: Ip): Uint8Array {
  const bytes = new Uint8Array(family === 4 ? 4 : 16)
  let rest = value
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return bytes
}

/** From 4 or 16 bytes in network byte order; throws `RangeError` on any other length. */
export function ipFromBytes(bytes: Uint8Array): Ip {
  if (bytes.length !== 4 && bytes.length !== 16)
    throw new RangeError(`read address: ${bytes.length} bytes, expected 4 or 16`)
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return Ip(bytes.length === 4 ? 4 : 6, value)
}

export const ipEquals = (a: Ip, b: Ip): boolean => a.family === b.family && a.value === b.value

/** Total order: all of IPv4 before all of IPv6, then by value. */
export const compareIp = (a: Ip, b: Ip): number =>
  a.family !== b.family ? a.family - b.family : a.value < b.value ? -1 : a.value > b.value ? 1 : 0
