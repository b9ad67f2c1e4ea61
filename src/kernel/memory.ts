/**
 * Memory whose address the kernel may be told. An `ArrayBuffer`'s store lies outside the collected heap and never
 * moves, so the address holds as long as the `Memory` is referenced.
 */
import { ffi } from './libc.ts'

export interface Memory {
  readonly bytes: Uint8Array
  readonly view: DataView
  /** User-space addresses have at most 47 bits (52 with five-level tables on arm64): exact as a number. */
  readonly address: number
}

/** Zeroed memory of `size` bytes, aligned to 16. */
export function allocate(size: number): Memory {
  const buffer = new ArrayBuffer(Math.max(size, 8))
  const bytes = new Uint8Array(buffer)
  return { bytes, view: new DataView(buffer), address: Number(ffi().address(bytes)) }
}

/** Memory that the kernel maps (mmap), seen as bytes. */
export function viewMemory(address: number, size: number): Memory {
  const buffer = ffi().view(BigInt(address), size)
  return { bytes: new Uint8Array(buffer), view: new DataView(buffer), address }
}

/** Writes an address into a structure that has a `__u64` or `__aligned_u64` pointer there. */
export function setPointer(view: DataView, offset: number, address: number): void {
  view.setUint32(offset, address % 0x1_0000_0000, true)
  view.setUint32(offset + 4, Math.floor(address / 0x1_0000_0000), true)
}

const round = (size: number, unit: number): number => Math.ceil(size / unit) * unit

/** The next multiple of 8. */
export const align8 = (size: number): number => round(size, 8)

/** The next multiple of 4. */
export const align4 = (size: number): number => round(size, 4)

/** Makes the thing at its first use and keeps it: nothing of this folder may happen while it is imported. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
