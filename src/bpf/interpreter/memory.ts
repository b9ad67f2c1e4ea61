/**
 * The interpreter's addresses. A pointer is a 64-bit number: the upper half names a region, the lower half is the offset
 * in it, so that pointer arithmetic, comparison and spilling are those of plain numbers. Each access is checked against
 * its region; arithmetic that leaves a region gives an address that no access accepts.
 */
import { STACK_SIZE } from '../kernel-abi.ts'
import type { InterpreterMap } from './maps/map.ts'
import { Trap } from './trap.ts'

/** Bytes that a program can point to. Both see the same memory. */
export interface Region {
  readonly bytes: Uint8Array
  readonly view: DataView
}

export function region(bytes: Uint8Array): Region {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) }
}

/** Upper half of a pointer to region 0; ordinary numbers do not look like this by chance. */
export const POINTER_TAG = 0xfff0_0000 | 0
const MAX_REGIONS = 0x10_0000
/** Regions that always exist. */
export const CONTEXT = 1
export const STACK = 2
export const STACK_TAG = POINTER_TAG + STACK
export const CONTEXT_TAG = POINTER_TAG + CONTEXT

export class AddressSpace {
  /** By region number; absent for the context, for maps, and for what is gone. */
  readonly views: Array<DataView | undefined> = [undefined, undefined]
  readonly bytes: Array<Uint8Array | undefined> = [undefined, undefined]
  readonly stack = region(new Uint8Array(STACK_SIZE))
  /** 1: the byte of the stack was written in this run. */
  readonly written = new Uint8Array(STACK_SIZE)
  private readonly maps: Array<InterpreterMap | undefined> = []
  private readonly readOnly = new Set<number>()
  /** Regions from here on belong to the run under way. */
  private permanent = 3

  constructor() {
    this.views.push(this.stack.view)
    this.bytes.push(this.stack.bytes)
  }

  /** Between runs only: a region for good. Returns its number. */
  addPermanent(content: InterpreterMap | Region): number {
    const number = this.permanent++
    this.set(number, content)
    return number
  }

  /** Frees the region for good; its number is not used again. */
  remove(number: number): void {
    this.views[number] = undefined
    this.bytes[number] = undefined
    this.maps[number] = undefined
  }

  /** A region until the run ends. Returns its number. */
  add(content: Region, readOnly = false): number {
    const number = this.views.length
    if (number >= MAX_REGIONS)
      throw new Trap('out-of-bounds', 'the program made too many pointers; look up less')
    this.set(number, content)
    if (readOnly) this.readOnly.add(number)
    return number
  }

  /** Forgets the regions of the last run, and what the stack held. */
  reset(): void {
    this.views.length = this.permanent
    this.bytes.length = this.permanent
    if (this.readOnly.size > 0) this.readOnly.clear()
    this.written.fill(0)
  }

  /** The map whose address this is. */
  mapAt(lo: number, hi: number): InterpreterMap {
    const map = lo === 0 ? this.maps[hi - POINTER_TAG] : undefined
    if (map === undefined)
      throw new Trap('bad-argument', 'the argument is not the address of a map; pass mapAddress')
    return map
  }

  /** Checks `size` bytes at the address; returns the region's number, and leaves the offset in `offset`. */
  locate(lo: number, hi: number, size: number, write: boolean): number {
    const number = hi - POINTER_TAG
    const view = this.views[number]
    const at = lo >>> 0
    if (view === undefined || at + size > view.byteLength) throw this.fault(number, at, size)
    if (number === STACK) {
      if (write) this.written.fill(1, at, at + size)
      else this.checkWritten(at, size)
    } else if (write && this.readOnly.has(number)) {
      throw new Trap('read-only', 'the memory may not be written by programs; copy it to the stack')
    }
    this.offset = at
    return number
  }
  offset = 0

  /** A view of `size` checked bytes. */
  span(lo: number, hi: number, size: number, write: boolean): Uint8Array {
    const number = this.locate(lo, hi, size, write)
    return this.bytes[number]!.subarray(this.offset, this.offset + size)
  }

  checkWritten(at: number, size: number): void {
    for (let i = at; i < at + size; i++) {
      if (this.written[i] === 0) {
        throw new Trap(
          'uninitialised',
          `byte ${i - STACK_SIZE} of the stack was never written; zero the slot before its bytes are read`,
        )
      }
    }
  }

  isReadOnly(number: number): boolean {
    return this.readOnly.size > 0 && this.readOnly.has(number)
  }

  /** Why `size` bytes at offset `at` of a region cannot be accessed. Offsets in the upper half are below the next region. */
  fault(number: number, at: number, size: number): Trap {
    if (at > 0x7fff_ffff) return this.fault(number + 1, at - 0x1_0000_0000, size)
    const view = this.views[number]
    if (view !== undefined) {
      const [where, start] =
        number === STACK ? ['the stack', STACK_SIZE] : [`a region of ${view.byteLength} bytes`, 0]
      return new Trap(
        'out-of-bounds',
        `${size} bytes at offset ${at - start} are outside ${where}; check bounds first`,
      )
    }
    if (number === CONTEXT)
      return new Trap('bad-argument', 'the context is no memory for helpers; copy what you need')
    if (this.maps[number] !== undefined)
      return new Trap('not-a-pointer', 'the address of a map is no memory; look up a value first')
    if (number > 0 && number < MAX_REGIONS)
      return new Trap(
        'out-of-bounds',
        'the pointer left its region or is void; read packet bounds again after helpers',
      )
    return new Trap(
      'not-a-pointer',
      'the address is a plain number, perhaps 0; test look-ups for 0 before use',
    )
  }

  private set(number: number, content: InterpreterMap | Region): void {
    if ('view' in content) {
      this.views[number] = content.view
      this.bytes[number] = content.bytes
    } else {
      this.views[number] = undefined
      this.bytes[number] = undefined
      this.maps[number] = content
    }
  }
}
