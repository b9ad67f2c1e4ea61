/** Big-endian reads and writes, addresses included. Callers have checked the bounds; nothing here checks again. */
import { type Family, Ip, ipBytes, ipFromBytes } from '../net/index.ts'

export const u8 = (bytes: Uint8Array, offset: number): number => bytes[offset]!

export const u16 = (bytes: Uint8Array, offset: number): number => (bytes[offset]! << 8) | bytes[offset + 1]!

export const u32 = (bytes: Uint8Array, offset: number): number =>
  ((u16(bytes, offset) << 16) | u16(bytes, offset + 2)) >>> 0

export function setU16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8
  bytes[offset + 1] = value
}

export function setU32(bytes: Uint8Array, offset: number, value: number): void {
  setU16(bytes, offset, value >>> 16)
  setU16(bytes, offset + 2, value & 0xffff)
}

/** The address of 4 or 16 bytes that starts at `offset`. */
export const ipAt = (bytes: Uint8Array, offset: number, family: Family): Ip =>
  family === 4 ? Ip(4, BigInt(u32(bytes, offset))) : ipFromBytes(bytes.subarray(offset, offset + 16))

export const setIp = (bytes: Uint8Array, offset: number, address: Ip): void =>
  bytes.set(ipBytes(address), offset)

/** One new array with all the parts in order. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
