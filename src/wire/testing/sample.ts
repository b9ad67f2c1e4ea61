/** Parts of captured frames, and arbitraries that several codec tests use. */
import fc from 'fast-check'
import { type Family, familyBits, formatMac, Ip } from '../../net/index.ts'
import type { Addresses } from '../checksum.ts'
import * as ethernet from '../ethernet.ts'
import * as ipv4 from '../ipv4.ts'
import * as ipv6 from '../ipv6.ts'

/** What follows the Ethernet header. */
export const packetOf = (frame: Uint8Array): Uint8Array => ethernet.check(frame)!.payload

/** What follows the IP header. */
export function segmentOf(frame: Uint8Array): Uint8Array {
  const packet = packetOf(frame)
  return (ipv4.check(packet) ?? ipv6.check(packet))!.payload
}

export function addressesOf(frame: Uint8Array): Addresses {
  const packet = packetOf(frame)
  return (ipv4.check(packet) ?? ipv6.check(packet))!
}

export const text = (value: string): Uint8Array => Uint8Array.from(value, (letter) => letter.charCodeAt(0))

export const anyIp = (family: Family): fc.Arbitrary<Ip> =>
  fc.bigInt(0n, (1n << BigInt(familyBits(family))) - 1n).map((value) => Ip(family, value))

export const anyMac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map(formatMac)

export const bits = (count: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** count - 1 })

/** IPv4 and TCP options: up to 40 bytes, a multiple of 4. */
export const anyOptions = fc
  .nat(10)
  .chain((words) => fc.uint8Array({ minLength: words * 4, maxLength: words * 4 }))
