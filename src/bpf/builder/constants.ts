/** Constants as operands: the smallest exact form, and whether an instruction's 32-bit field can hold them. */

/** A number wherever exact, so that the common case is cheap. */
export function exact(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value
}

/** The instruction's field is sign-extended to 64 bits. */
export function fitsSigned32(value: number | bigint): value is number {
  return typeof value === 'number' && value >= -0x8000_0000 && value <= 0x7fff_ffff
}

export function fitsUnsigned32(value: number | bigint): value is number {
  return typeof value === 'number' && value >= 0 && value <= 0xffff_ffff
}

/** The same 64 bits as a two's complement number, for values given as unsigned ones. */
export function signed64(value: number | bigint): number | bigint {
  return typeof value === 'number' ? value : exact(BigInt.asIntN(64, value))
}
