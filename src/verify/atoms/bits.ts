/** Sets of small numbers as bits of 32-bit words. */
export type Bits = Uint32Array

export const bitsFor = (count: number): Bits => new Uint32Array((count + 31) >>> 5)

export const addBit = (bits: Bits, at: number): void => {
  bits[at >>> 5] = (bits[at >>> 5] as number) | (1 << (at & 31))
}

export const hasBit = (bits: Bits, at: number): boolean =>
  (((bits[at >>> 5] as number) >>> (at & 31)) & 1) === 1

/** Adds what another set has. */
export function addAll(bits: Bits, more: Bits): void {
  for (let at = 0; at < more.length; at++) bits[at] = (bits[at] as number) | (more[at] as number)
}

export function isEmpty(bits: Bits): boolean {
  for (let at = 0; at < bits.length; at++) if (bits[at] !== 0) return false
  return true
}

/** The numbers, in order. */
export function numbersOf(bits: Bits): readonly number[] {
  const numbers: number[] = []
  for (let at = 0; at < bits.length; at++)
    for (let left = bits[at] as number; left !== 0; left &= left - 1)
      numbers.push(at * 32 + 31 - Math.clz32(left & -left))
  return numbers
}
