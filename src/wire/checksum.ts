/**
 * The Internet checksum: the ones' complement of the ones' complement sum of 16-bit words (RFC 1071), and its
 * incremental update when a field changes (RFC 1624).
 */
import type { Ip } from '../net/index.ts'
import { ipBytes } from '../net/index.ts'

/** Adds `bytes` to a running sum; an odd last byte counts as the high half of a word. The sum is not folded. */
export function addToSum(sum: number, bytes: Uint8Array): number {
  const even = bytes.length & ~1
  let total = sum
  for (let i = 0; i < even; i += 2) total += (bytes[i]! << 8) | bytes[i + 1]!
  return even < bytes.length ? total + (bytes[even]! << 8) : total
}

/** Folds a running sum to 16 bits and complements it: what a checksum field holds. */
export function finishSum(sum: number): number {
  let folded = sum
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000)
  return ~folded & 0xffff
}

/** Checksum of a whole message whose checksum field is zero. 0 over a message that holds its right checksum. */
export const checksum = (bytes: Uint8Array, initialSum = 0): number => finishSum(addToSum(initialSum, bytes))

/** The addresses that a transport checksum covers. */
export interface Addresses {
  readonly source: Ip
  readonly destination: Ip
}

/** Sum over the pseudo header of RFC 9293 section 3.1 (IPv4) or RFC 8200 section 8.1 (IPv6). `length` in bytes. */
export function pseudoHeaderSum(
  { source, destination }: Addresses,
  protocol: number,
  length: number,
): number {
  const addresses = addToSum(addToSum(0, ipBytes(source)), ipBytes(destination))
  return addresses + protocol + (length >>> 16) + (length & 0xffff)
}

/**
 * The checksum after bytes at an even offset changed from `before` to `after`: HC' = ~(~HC + ~m + m') (RFC 1624
 * section 3, equation 3). Both must have the same even length. UDP over IPv4 without a checksum (0) must not be updated.
 */
export function updateChecksum(old: number, before: Uint8Array, after: Uint8Array): number {
  let sum = ~old & 0xffff
  for (let i = 0; i < before.length; i += 2) {
    sum += ~((before[i]! << 8) | before[i + 1]!) & 0xffff
    sum += (after[i]! << 8) | after[i + 1]!
  }
  return finishSum(sum)
}
