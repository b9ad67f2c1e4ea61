/** Helpers on Internet checksums (RFC 1071, RFC 1624), with the kernel's conventions (`include/net/checksum.h`). */
import { ERRNO } from '../../kernel-abi.ts'
import type { Machine } from '../machine.ts'
import type { HelperTable } from './index.ts'

const MAX_OFFSET = 0xffff
const FIELD_SIZE = 0xf
/** Of `l4_csum_replace`. */
const FLAG = { pseudoHeader: 0x10, mangledZero: 0x20, enforceMangled: 0x40, ipv6: 0x80 } as const
/** A UDP checksum of 0 means none; a computed 0 is sent as this. */
const MANGLED_ZERO = 0xffff

export const CHECKSUM_HELPERS: HelperTable = {
  csum_diff: (machine) => {
    const fromSize = machine.low(2)
    const toSize = machine.low(4)
    const seed = machine.low(5)
    const from = fromSize === 0 ? undefined : machine.bytes(1, fromSize, false)
    const to = toSize === 0 ? undefined : machine.bytes(3, toSize, false)
    machine.setResult(difference(from, to, seed))
  },

  l3_csum_replace: (machine) => {
    replace(machine, 3, FIELD_SIZE, () => false)
  },

  l4_csum_replace: (machine) => {
    const allowed = FIELD_SIZE | FLAG.pseudoHeader | FLAG.mangledZero | FLAG.enforceMangled | FLAG.ipv6
    const flags = machine.low(5)
    const mangled = (flags & FLAG.mangledZero) !== 0
    replace(
      machine,
      4,
      allowed,
      (old) => mangled && (flags & FLAG.enforceMangled) === 0 && old === 0,
      mangled,
    )
  },

  /** Only for packets whose whole checksum the device has given, which none has here. */
  csum_update: (machine) => {
    machine.checkContext(1)
    machine.setResult(-ERRNO.ENOTSUPP)
  },
}

/** Changes the 16-bit checksum at offset r2 by r3 (old) and r4 (new), as wide as the low bits of r5 say. */
function replace(
  machine: Machine,
  layer: 3 | 4,
  allowed: number,
  skip: (old: number) => boolean,
  mangle = false,
): void {
  machine.checkContext(1)
  const offset = machine.low(2)
  const from = machine.low(3)
  const to = machine.low(4)
  const flags = machine.integer(5)
  const size = flags & FIELD_SIZE
  const { packet } = machine
  if ((flags & ~allowed) !== 0 || flags < 0) {
    machine.setResult(-ERRNO.EINVAL)
    return
  }
  packet.invalidate()
  if (offset > MAX_OFFSET || offset % 2 !== 0 || offset + 2 > packet.length) {
    machine.setResult(-ERRNO.EFAULT)
    return
  }
  const { bytes } = packet
  const old = bytes[offset]! | (bytes[offset + 1]! << 8)
  if (skip(old)) {
    machine.setResult(0)
    return
  }
  if ((size !== 0 && size !== 2 && size !== 4) || (size === 0 && machine.integer(3) !== 0)) {
    machine.setResult(-ERRNO.EINVAL)
    return
  }
  const field = size === 2 ? 0xffff : 0xffff_ffff
  // Complements of 16 bits only in `csum_replace2`: all others leave ones above, which decide between 0 and −0.
  const ones = size === 2 && layer === 3 ? 0xffff : 0xffff_ffff
  const less = size === 0 ? 0 : (~(from & field) & ones) >>> 0
  const sum = add32(add32((~old & ones) >>> 0, less), (to & field) >>> 0)
  let result = ~fold(sum) & 0xffff
  if (mangle && result === 0) result = MANGLED_ZERO
  bytes[offset] = result & 0xff
  bytes[offset + 1] = result >> 8
  machine.setResult(0)
}

/** As since Linux 6.13: of any sizes, and folded to 16 bits. */
function difference(from: Uint8Array | undefined, to: Uint8Array | undefined, seed: number): number {
  if (from !== undefined && to !== undefined) return fold(add32(partial(to, seed), ~partial(from, 0) >>> 0))
  if (to !== undefined) return fold(partial(to, seed))
  if (from !== undefined) return fold(~partial(from, ~seed >>> 0) >>> 0)
  return fold(seed)
}

/** One's complement sum of 32-bit words in host order; what is missing of the last word is zero. */
function partial(bytes: Uint8Array, seed: number): number {
  let sum = seed
  for (let i = 0; i < bytes.length; i++) sum = add32(sum, (bytes[i]! << (8 * (i & 3))) >>> 0)
  return sum
}

function add32(a: number, b: number): number {
  const sum = a + b
  return sum > 0xffff_ffff ? sum - 0xffff_ffff : sum
}

/** From 32 to 16 bits. */
function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16)
  return (once & 0xffff) + (once >>> 16)
}
