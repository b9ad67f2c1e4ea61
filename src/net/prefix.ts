/** CIDR prefixes (RFC 4632, RFC 4291 section 2.3): a network address without host bits, and a length. */
import { type Family, familyBits, formatIp, Ip, parseIp } from './ip.ts'

/** `value` is the network address; its host bits are zero. 0 ≤ length ≤ 32 or 128. */
export interface Prefix {
  readonly family: Family
  readonly value: bigint
  readonly length: number
}

/** Builds a prefix; host bits of `value` are cleared. Throws `RangeError` if the length does not fit the family. */
export function Prefix(family: Family, value: bigint, length: number): Prefix {
  const bits = familyBits(family)
  if (!Number.isInteger(length) || length < 0 || length > bits)
    throw new RangeError(`build prefix: length ${length} is not within 0–${bits}`)
  return Object.freeze({ family, value: value & prefixMask(family, length), length })
}

/** The netmask of a prefix length as an integer. */
export function prefixMask(family: Family, length: number): bigint {
  const bits = BigInt(familyBits(family))
  return ((1n << BigInt(length)) - 1n) << (bits - BigInt(length))
}

/**
 * Parses `address/length`, or a lone address as a prefix of full length. `undefined` if it is neither.
 * Host bits that are set are refused, since such text is nearly always a slip.
 */
export function parsePrefix(text: string): Prefix | undefined {
  const [address, length, ...more] = text.split('/')
  const parsed = parseIp(address ?? '')
  if (!parsed || more.length > 0) return undefined
  const bits = familyBits(parsed.family)
  if (length === undefined) return Prefix(parsed.family, parsed.value, bits)
  if (!/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > bits) return undefined
  const built = Prefix(parsed.family, parsed.value, Number(length))
  return built.value === parsed.value ? built : undefined
}

/** As {@link parsePrefix}, for literals in code and tests: throws `TypeError` on what is not a prefix. */
export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text)
  if (!parsed) throw new TypeError(`parse prefix: '${text}' is not a prefix such as 10.0.0.0/8 or fd00::/48`)
  return parsed
}

export const formatPrefix = (p: Prefix): string => `${formatIp(Ip(p.family, p.value))}/${p.length}`

/** The prefix that holds this address alone. */
export const hostPrefix = ({ family, value }: Ip): Prefix =>
  Object.freeze({ family, value, length: familyBits(family) })

export const prefixContains = (p: Prefix, address: Ip): boolean =>
  p.family === address.family && (address.value & prefixMask(p.family, p.length)) === p.value

/** True if every address of `inner` is in `outer`. */
export const prefixCovers = (outer: Prefix, inner: Prefix): boolean =>
  outer.family === inner.family &&
  outer.length <= inner.length &&
  (inner.value & prefixMask(outer.family, outer.length)) === outer.value

export const prefixesOverlap = (a: Prefix, b: Prefix): boolean => prefixCovers(a, b) || prefixCovers(b, a)

export const prefixEquals = (a: Prefix, b: Prefix): boolean =>
  a.family === b.family && a.value === b.value && a.length === b.length

export const prefixFirst = (p: Prefix): Ip => Ip(p.family, p.value)

export const prefixLast = (p: Prefix): Ip =>
  Ip(p.family, p.value | ((1n << BigInt(familyBits(p.family) - p.length)) - 1n))

/** Number of addresses in the prefix. */
export const prefixSize = (p: Prefix): bigint => 1n << BigInt(familyBits(p.family) - p.length)
