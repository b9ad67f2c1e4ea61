/** `array` and `percpu_array`: all entries exist from the start, all zero. */
import { ERRNO, UPDATE } from '../../kernel-abi.ts'
import type { MapSpec } from '../../spec.ts'
import { type Region, region } from '../memory.ts'
import { InterpreterMap, type MapHost } from './map.ts'

/** The 32-bit index that a key holds. */
export function indexOf(key: Uint8Array, at: number): number {
  return (key[at]! | (key[at + 1]! << 8) | (key[at + 2]! << 16) | (key[at + 3]! << 24)) >>> 0
}

export function indexKey(index: number): Uint8Array {
  const key = new Uint8Array(4)
  new DataView(key.buffer).setUint32(0, index, true)
  return key
}

export class ArrayMap extends InterpreterMap {
  private readonly data: Uint8Array
  private readonly regions: Array<Region | undefined>

  constructor(spec: MapSpec, host: MapHost) {
    super(spec, host)
    this.data = new Uint8Array(this.stride * this.cpus * spec.maxEntries)
    this.regions = []
  }

  override find(key: Uint8Array, at: number, cpu: number): Region | undefined {
    const index = indexOf(key, at)
    return index < this.spec.maxEntries ? this.regionOf(index, cpu) : undefined
  }

  override put(
    key: Uint8Array,
    keyAt: number,
    value: Uint8Array,
    valueAt: number,
    flags: number,
    cpu: number,
  ): number {
    const index = indexOf(key, keyAt)
    const fault = this.fault(index, flags)
    if (fault !== 0) return fault
    this.regionOf(index, cpu).bytes.set(value.subarray(valueAt, valueAt + this.spec.valueSize))
    return 0
  }

  override remove(): number {
    return -ERRNO.EINVAL
  }

  /** Of one CPU; offset 0 is the value's first byte. */
  regionOf(index: number, cpu: number): Region {
    const slot = index * this.cpus + (this.perCpu ? cpu : 0)
    let found = this.regions[slot]
    if (found === undefined) {
      const start = slot * this.stride
      found = region(this.data.subarray(start, start + this.spec.valueSize))
      this.regions[slot] = found
    }
    return found
  }

  protected override read(key: Uint8Array): Uint8Array | undefined {
    const index = indexOf(key, 0)
    if (index >= this.spec.maxEntries) return undefined
    const start = index * this.cpus * this.stride
    return this.data.slice(start, start + this.valueBytes)
  }

  protected override write(key: Uint8Array, value: Uint8Array, flags: number): number {
    const index = indexOf(key, 0)
    const fault = this.fault(index, flags)
    if (fault === 0) this.data.set(value, index * this.cpus * this.stride)
    return fault
  }

  protected override erase(): number {
    return -ERRNO.EINVAL
  }

  protected override *list(): Iterable<readonly [Uint8Array, Uint8Array]> {
    for (let index = 0; index < this.spec.maxEntries; index++) {
      const key = indexKey(index)
      yield [key, this.read(key)!]
    }
  }

  private fault(index: number, flags: number): number {
    if (flags > UPDATE.exist) return -ERRNO.EINVAL
    if (index >= this.spec.maxEntries) return -ERRNO.E2BIG
    return flags === UPDATE.noexist ? -ERRNO.EEXIST : 0
  }
}
